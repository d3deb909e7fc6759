/** Takes small pictures of the examined frames along, for the badge to show what was scored. */

import type { Frame } from '../../lib/detector';
import { toImageData } from '../../lib/image';
import type { Picture } from '../../lib/messages';
import type { Result } from '../../lib/result';

/** As large as the badge shows them on a screen of high density; some 20 kB each. */
const LONGER_SIDE_PX = 480;
const QUALITY = 0.8;

/** The pictures of one check. */
export class Pictures {
  private readonly taken: Picture[] = [];

  async add({ timeS, image }: Frame): Promise<void> {
    const scale = Math.min(1, LONGER_SIDE_PX / Math.max(image.width, image.height));
    const [resizeWidth, resizeHeight] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale)));
    const bitmap = await createImageBitmap(toImageData(image), { resizeWidth, resizeHeight, resizeQuality: 'medium' });
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
    canvas.getContext('2d')!.drawImage(bitmap, 0, 0);
    bitmap.close();
    // Encoding into a blob waits for an idle moment, which Chromium gives a document out of sight once a second at most.
    this.taken.push({ time_s: Number(timeS.toFixed(3)), jpeg: canvas.toDataURL('image/jpeg', QUALITY) });
  }

  /** Those in which a face was found. */
  withFaces({ tracks }: Result): Picture[] {
    const times = new Set(tracks.flatMap((track) => track.frames.map((frame) => frame.time_s)));
    return this.taken.filter((picture) => times.has(picture.time_s));
  }
}
