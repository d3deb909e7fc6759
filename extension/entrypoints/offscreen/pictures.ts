/** Takes small pictures of the examined frames along, for the badge to show what was scored. */

import { type Frame, thumbnail } from '../../lib/image';
import type { Picture } from '../../lib/messages';
import type { Result } from '../../lib/result';

/** As large as the badge shows them on a screen of high density; some 20 kB each. */
const LONGEST_PX = 480;
const QUALITY = 0.8;

/** The pictures of one check. */
export class Pictures {
  private readonly taken: Picture[] = [];
  private readonly context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;

  add({ timeS, image }: Frame): void {
    const { canvas } = this.context;
    const small = thumbnail(image, LONGEST_PX);
    Object.assign(canvas, { width: small.width, height: small.height });
    this.context.putImageData(small, 0, 0);
    // Encoding into a blob waits for an idle moment, which Chromium gives a document out of sight once a second at most.
    this.taken.push({ time_s: Number(timeS.toFixed(3)), jpeg: canvas.toDataURL('image/jpeg', QUALITY) });
  }

  /** Those in which a face was found. */
  withFaces({ tracks }: Result): Picture[] {
    const times = new Set(tracks.flatMap((track) => track.frames.map((frame) => frame.time_s)));
    return this.taken.filter((picture) => times.has(picture.time_s));
  }
}
