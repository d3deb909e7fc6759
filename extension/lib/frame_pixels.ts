/**
 * The pixels of a player's frame as OpenCV's decoder gives them, on which the detector was trained.
 *
 * Browsers and FFmpeg's swscale round the way from YCbCr to RGB differently: a browser's pixels are one level brighter on
 * average, by which scores rise by .02 to .04. So the planes are read, and swscale's arithmetic for 8-bit 4:2:0 is done here:
 * products of 16-bit integers cut to their upper half, and for each pixel the nearest chroma sample.
 */

import { type RgbImage, fromImageData } from './image';

/** Each term of the conversion for each value of a byte. */
interface Terms {
  luma: Int16Array;
  redOfCr: Int16Array;
  greenOfCr: Int16Array;
  greenOfCb: Int16Array;
  blueOfCb: Int16Array;
}

// ITU-R BT.601 and BT.709, limited range, as swscale scales them: by 2^16 * 255 / 219 and 2^16 * 255 / 224.
const LUMA = 76309;
const BT601 = { redOfCr: 104597, greenOfCr: -53279, greenOfCb: -25675, blueOfCb: 132201 };
const BT709 = { redOfCr: 117489, greenOfCr: -34925, greenOfCb: -13975, blueOfCb: 138438 };
const TERMS: Partial<Record<VideoMatrixCoefficients | 'null', Terms>> = {
  smpte170m: terms(BT601),
  bt470bg: terms(BT601),
  bt709: terms(BT709),
};

/** The frame that a player shows, upright; rejects with a `SecurityError` where it is another site's. */
export async function framePixels(video: HTMLVideoElement): Promise<RgbImage> {
  // An insecure page has no VideoFrame; Firefox lets a content script draw another site's video, but not open it as one.
  if (import.meta.env.FIREFOX || typeof VideoFrame === 'undefined') return drawn(video, video);
  const frame = new VideoFrame(video);
  try {
    const found = TERMS[frame.colorSpace.matrix ?? 'null'];
    return found && isPlain(frame, video) ? await converted(frame, found) : drawn(frame, video);
  } finally {
    frame.close();
  }
}

/** Whether a frame is 8-bit 4:2:0 of limited range that needs no turning or stretching. */
function isPlain(frame: VideoFrame, { videoWidth, videoHeight }: HTMLVideoElement): boolean {
  const { format, colorSpace, visibleRect } = frame;
  const rotation = (frame as { rotation?: number }).rotation;
  const isUpright = rotation === 0 && visibleRect?.width === videoWidth && visibleRect.height === videoHeight;
  return format === 'I420' && colorSpace.fullRange === false && isUpright;
}

async function converted(frame: VideoFrame, { luma, redOfCr, greenOfCr, greenOfCb, blueOfCb }: Terms): Promise<RgbImage> {
  const { width, height } = frame.visibleRect!;
  const planes = new Uint8Array(frame.allocationSize());
  const [y, cb, cr] = (await frame.copyTo(planes)) as [PlaneLayout, PlaneLayout, PlaneLayout];
  const pixels = new Uint8ClampedArray(width * height * 3);
  for (let row = 0, to = 0; row < height; row++) {
    const fromY = y.offset + row * y.stride;
    const fromCb = cb.offset + (row >> 1) * cb.stride;
    const fromCr = cr.offset + (row >> 1) * cr.stride;
    for (let column = 0; column < width; column++, to += 3) {
      const light = luma[planes[fromY + column]!]!;
      const blue = planes[fromCb + (column >> 1)]!;
      const red = planes[fromCr + (column >> 1)]!;
      pixels[to] = light + redOfCr[red]!;
      pixels[to + 1] = light + greenOfCb[blue]! + greenOfCr[red]!;
      pixels[to + 2] = light + blueOfCb[blue]!;
    }
  }
  return { width, height, pixels };
}

/** By the browser's own arithmetic. */
function drawn(source: CanvasImageSource, { videoWidth, videoHeight }: HTMLVideoElement): RgbImage {
  const canvas = document.createElement('canvas');
  canvas.width = videoWidth;
  canvas.height = videoHeight;
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.drawImage(source, 0, 0, videoWidth, videoHeight);
  return fromImageData(context.getImageData(0, 0, videoWidth, videoHeight));
}

function terms({ redOfCr, greenOfCr, greenOfCb, blueOfCb }: typeof BT601): Terms {
  return {
    luma: products(LUMA, 16),
    redOfCr: products(redOfCr, 128),
    greenOfCr: products(greenOfCr, 128),
    greenOfCb: products(greenOfCb, 128),
    blueOfCb: products(blueOfCb, 128),
  };
}

function products(factor: number, zero: number): Int16Array {
  return Int16Array.from({ length: 256 }, (_, byte) => ((byte - zero) * 8 * Math.round(factor / 8)) >> 16);
}
