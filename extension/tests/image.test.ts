/** Small copies of pictures. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { thumbnail } from '../lib/image';

beforeEach(() => {
  vi.stubGlobal(
    'ImageData',
    class {
      data: Uint8ClampedArray;
      constructor(
        readonly width: number,
        readonly height: number,
      ) {
        this.data = new Uint8ClampedArray(width * height * 4);
      }
    },
  );
});
afterEach(() => void vi.unstubAllGlobals());

/** Columns of these greys. */
function columns(height: number, ...greys: number[]) {
  const row = greys.flatMap((grey) => [grey, grey, grey]);
  return { width: greys.length, height, pixels: Uint8ClampedArray.from(Array.from({ length: height }, () => row).flat()) };
}

describe('a thumbnail', () => {
  it.each([
    ['averages what it covers', columns(2, 10, 30, 50, 70), 2, [2, 1], [20, 60]],
    ['never grows', columns(1, 10, 30), 480, [2, 1], [10, 30]],
    ['keeps a line of a long picture', columns(1, ...Array(8).fill(9)), 2, [2, 1], [9, 9]],
  ])('%s', (_, image, longestPx, size, greys) => {
    const { width, height, data } = thumbnail(image, longestPx);
    expect([width, height]).toEqual(size);
    expect([...data]).toEqual(greys.flatMap((grey) => [grey, grey, grey, 255]));
  });
});
