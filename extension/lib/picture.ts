/** Reads a picture by its address, upright. */

import { MediaError } from './errors';
import { type RgbImage, fromImageData } from './image';

/** The picture's pixels, asked for without cookies; rejects with `MediaError` where they cannot be read. */
export async function readPicture(src: string): Promise<RgbImage> {
  try {
    const response = await fetch(src, { credentials: 'omit' });
    return pixelsOf(await createImageBitmap(await response.blob()));
  } catch (error) {
    throw new MediaError('unreadable', `Expected a picture that can be read. Received: ${error}`);
  }
}

/** The pixels of a bitmap, which is closed. */
export function pixelsOf(bitmap: ImageBitmap): RgbImage {
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height).getContext('2d')!;
  canvas.drawImage(bitmap, 0, 0);
  bitmap.close();
  return fromImageData(canvas.getImageData(0, 0, width, height));
}
