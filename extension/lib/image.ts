/** Decoded pixels of an upright picture. */
export interface RgbImage {
  width: number;
  height: number;
  /** `(height, width, 3)` RGB, row by row; of one type, since loops over two kinds of arrays take half as long again. */
  pixels: Uint8ClampedArray;
}

/** Drops the alpha of a canvas's `(height, width, 4)` RGBA. */
export function fromImageData(data: ImageData): RgbImage {
  const pixels = new Uint8ClampedArray(data.width * data.height * 3);
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

/** A quick small copy for a canvas, opaque, its longer side `longestPx` at most; each pixel averages four of those that it covers. */
export function thumbnail({ width, height, pixels }: RgbImage, longestPx: number): ImageData {
  const scale = Math.max(1, Math.max(width, height) / longestPx);
  const small = new ImageData(Math.max(1, Math.round(width / scale)), Math.max(1, Math.round(height / scale)));
  small.data.fill(255);
  for (let y = 0, to = 0; y < small.height; y++) {
    const upper = Math.floor(((y + 0.25) * height) / small.height) * width;
    const lower = Math.floor(((y + 0.75) * height) / small.height) * width;
    for (let x = 0; x < small.width; x++, to += 4) {
      const left = Math.floor(((x + 0.25) * width) / small.width);
      const right = Math.floor(((x + 0.75) * width) / small.width);
      const [a, b, c, d] = [(upper + left) * 3, (upper + right) * 3, (lower + left) * 3, (lower + right) * 3] as const;
      for (let k = 0; k < 3; k++) small.data[to + k] = (pixels[a + k]! + pixels[b + k]! + pixels[c + k]! + pixels[d + k]!) / 4;
    }
  }
  return small;
}

/** Its mirror image, left and right changed. */
export function mirrored({ width, height, pixels }: RgbImage): RgbImage {
  const turned = new Uint8ClampedArray(pixels.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = width - 1; x >= 0; x--, to += 3) turned.set(pixels.subarray((y * width + x) * 3, (y * width + x + 1) * 3), to);
  }
  return { width, height, pixels: turned };
}
