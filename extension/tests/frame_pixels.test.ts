/** Frames in YCbCr become the RGB that FFmpeg's swscale makes of them. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { framePixels } from '../lib/frame_pixels';

afterEach(() => void vi.unstubAllGlobals());

/** A frame of two by two pixels in one colour. */
function show(y: number, cb: number, cr: number): HTMLVideoElement {
  vi.stubGlobal(
    'VideoFrame',
    class {
      format = 'I420';
      rotation = 0;
      visibleRect = { width: 2, height: 2 };
      colorSpace = { matrix: 'smpte170m', fullRange: false };
      allocationSize = () => 6;
      close = () => undefined;
      async copyTo(planes: Uint8Array) {
        planes.set([y, y, y, y, cb, cr]);
        return [{ offset: 0, stride: 2 }, { offset: 4, stride: 1 }, { offset: 5, stride: 1 }];
      }
    },
  );
  return { videoWidth: 2, videoHeight: 2 } as HTMLVideoElement;
}

describe('a frame', () => {
  // Received from `ffmpeg -f rawvideo -pix_fmt yuv420p -s 32x32 -i - -pix_fmt rgb24 -f rawvideo -`, which runs swscale.
  it.each([
    [16, 128, 128, [0, 0, 0]],
    [235, 128, 128, [255, 255, 255]],
    [126, 128, 128, [128, 128, 128]],
    [81, 90, 240, [253, 0, 0]],
    [145, 54, 34, [0, 254, 0]],
    [180, 100, 150, [225, 182, 133]],
  ])('of y %i, cb %i, cr %i has swscale’s colour', async (y, cb, cr, expected) => {
    const { width, height, pixels } = await framePixels(show(y, cb, cr));
    expect([width, height]).toEqual([2, 2]);
    expect([...pixels]).toEqual([...expected, ...expected, ...expected, ...expected]);
  });
});
