/** Decoded pixels of an upright picture. */
export interface RgbImage {
  width: number;
  height: number;
  /** `(height, width, 3)` RGB, row by row, each value in [0, 255]. */
  pixels: Uint8Array | Uint8ClampedArray;
}

/** Drops the alpha of a canvas's `(height, width, 4)` RGBA. */
export function fromImageData(data: ImageData): RgbImage {
  const pixels = new Uint8Array(data.width * data.height * 3);
  for (let from = 0, to = 0; from < data.data.length; from += 4, to += 3) {
    pixels[to] = data.data[from]!;
    pixels[to + 1] = data.data[from + 1]!;
    pixels[to + 2] = data.data[from + 2]!;
  }
  return { width: data.width, height: data.height, pixels };
}

/** For a canvas, opaque. */
export function toImageData({ width, height, pixels }: RgbImage): ImageData {
  const data = new ImageData(width, height);
  data.data.fill(255);
  for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4) {
    data.data[to] = pixels[from]!;
    data.data[to + 1] = pixels[from + 1]!;
    data.data[to + 2] = pixels[from + 2]!;
  }
  return data;
}

/** Its mirror image, left and right changed. */
export function mirrored({ width, height, pixels }: RgbImage): RgbImage {
  const turned = new Uint8Array(pixels.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = width - 1; x >= 0; x--, to += 3) turned.set(pixels.subarray((y * width + x) * 3, (y * width + x + 1) * 3), to);
  }
  return { width, height, pixels: turned };
}
