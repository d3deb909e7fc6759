/** Frames in YCbCr become the RGB that FFmpeg's swscale makes of them. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { framePixels } from '../lib/frame_pixels';

afterEach(() => void vi.unstubAllGlobals());

type Format = 'I420' | 'NV12';

/** A frame of two by two pixels in one colour. */
function show(format: Format, matrix: string | null, [y, cb, cr]: [number, number, number]): HTMLVideoElement {
  vi.stubGlobal(
    'VideoFrame',
    class {
      format = format;
      rotation = 0;
      visibleRect = { width: 2, height: 2 };
      colorSpace = { matrix, fullRange: false };
      allocationSize = () => 6;
      close = () => undefined;
      async copyTo(planes: Uint8Array) {
        planes.set([y, y, y, y, cb, cr]);
        const luma = { offset: 0, stride: 2 };
        return format === 'NV12' ? [luma, { offset: 4, stride: 2 }] : [luma, { offset: 4, stride: 1 }, { offset: 5, stride: 1 }];
      }
    },
  );
  return { videoWidth: 2, videoHeight: 2 } as HTMLVideoElement;
}

async function colourOf(format: Format, matrix: string | null, colour: [number, number, number]): Promise<number[]> {
  const { width, height, pixels } = await framePixels(show(format, matrix, colour));
  expect([width, height]).toEqual([2, 2]);
  const first = [...pixels.subarray(0, 3)];
  expect([...pixels]).toEqual([...first, ...first, ...first, ...first]);
  return first;
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
    expect(await colourOf('I420', 'smpte170m', [y, cb, cr])).toEqual(expected);
  });

  it('has the same colour where a decoder mixes its chroma', async () => {
    expect(await colourOf('NV12', 'smpte170m', [180, 100, 150])).toEqual([225, 182, 133]);
  });

  it('is in BT.601, as to OpenCV, where its clip does not say', async () => {
    expect(await colourOf('I420', null, [180, 100, 150])).toEqual([225, 182, 133]);
    expect(await colourOf('I420', 'bt709', [180, 100, 150])).not.toEqual([225, 182, 133]);
  });
});
