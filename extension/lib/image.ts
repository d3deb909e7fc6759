/** Decoded pixels of an upright picture. */
export interface RgbImage {
  width: number;
  height: number;
  /** `(height, width, 3)` RGB, row by row; of one type, since loops over two kinds of arrays take half as long again. */
  pixels: Uint8ClampedArray;
}

/** One decoded frame and when it is shown. */
export interface Frame {
  timeS: number;
  image: RgbImage;
}

/** Drops the alpha of a canvas's `(height, width, 4)` RGBA. */
export function fromImageData({ width, height, data }: ImageData): RgbImage {
  const pixels = new Uint8ClampedArray(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    pixels[to] = data[from]!;
    pixels[to + 1] = data[from + 1]!;
    pixels[to + 2] = data[from + 2]!;
  }
  return { width, height, pixels };
}

/** For a canvas, opaque. */
export function toImageData({ width, height, pixels }: RgbImage): ImageData {
  const opaque = new ImageData(width, height);
  const { data } = opaque;
  data.fill(255);
  for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4) {
    data[to] = pixels[from]!;
    data[to + 1] = pixels[from + 1]!;
    data[to + 2] = pixels[from + 2]!;
  }
  return opaque;
}

/** A quick small copy for a canvas, opaque, its longer side `longestPx` at most; each pixel averages four of those that it covers. */
export function thumbnail({ width, height, pixels }: RgbImage, longestPx: number): ImageData {
  const scale = Math.max(1, Math.max(width, height) / longestPx);
  const small = new ImageData(Math.max(1, Math.round(width / scale)), Math.max(1, Math.round(height / scale)));
  const { data } = small;
  data.fill(255);
  let to = 0;
  const columns = quarters(width, small.width);
  for (const [upper, lower] of quarters(height, small.height)) {
    const [above, below] = [upper * width, lower * width];
    for (const [left, right] of columns) {
      const a = (above + left) * 3;
      const b = (above + right) * 3;
      const c = (below + left) * 3;
      const d = (below + right) * 3;
      for (let k = 0; k < 3; k++) data[to + k] = (pixels[a + k]! + pixels[b + k]! + pixels[c + k]! + pixels[d + k]!) / 4;
      to += 4;
    }
  }
  return small;
}

/** For each of `to` new places along a side of `from` pixels, the pixels at a quarter and at three quarters of it. */
function quarters(from: number, to: number): [number, number][] {
  const at = (place: number) => Math.floor((place * from) / to);
  return Array.from({ length: to }, (_, index) => [at(index + 0.25), at(index + 0.75)]);
}

/** Its mirror image, left and right changed. */
export function mirrored({ width, height, pixels }: RgbImage): RgbImage {
  const turned = new Uint8ClampedArray(pixels.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = width - 1; x >= 0; x--, to += 3) turned.set(pixels.subarray((y * width + x) * 3, (y * width + x + 1) * 3), to);
  }
  return { width, height, pixels: turned };
}
