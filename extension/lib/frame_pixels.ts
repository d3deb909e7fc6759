/**
 * The pixels of a player's frame as OpenCV's decoder gives them, on which the detector was trained.
 *
 * Browsers and FFmpeg's swscale round the way from YCbCr to RGB differently: a browser's pixels are one level brighter on
 * average, by which scores rise by .02 to .04. So the planes are read, and swscale's arithmetic for 8-bit 4:2:0 is done here:
 * products of 16-bit integers cut to their upper half, and for each pixel the nearest chroma sample. Clips that do not state
 * their colours are in BT.601 to OpenCV, whatever their size.
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
const TERMS: Partial<Record<VideoMatrixCoefficients, Terms>> = {
  smpte170m: terms(BT601),
  bt470bg: terms(BT601),
  bt709: terms(BT709),
};

/** The frame that a player shows, upright; rejects with a `SecurityError` where it is another site's. */
export async function framePixels(video: HTMLVideoElement): Promise<RgbImage> {
  const { videoWidth, videoHeight } = video;
  // An insecure page has no VideoFrame; Firefox lets a content script draw another site's video, but not open it as one.
  if (import.meta.env.FIREFOX || typeof VideoFrame === 'undefined') return drawn(video, videoWidth, videoHeight);
  const frame = new VideoFrame(video);
  try {
    const { colorSpace, visibleRect } = frame;
    const rotation = (frame as { rotation?: number }).rotation;
    const isUpright = rotation === 0 && visibleRect?.width === videoWidth && visibleRect.height === videoHeight;
    return isUpright ? await decodedPixels(frame, colorSpace.matrix) : drawn(frame, videoWidth, videoHeight);
  } finally {
    frame.close();
  }
}

/**
 * The pixels of a decoded frame, neither turned nor stretched.
 *
 * @param matrix - as its clip states it; null where it does not.
 */
export async function decodedPixels(frame: VideoFrame, matrix: VideoMatrixCoefficients | null): Promise<RgbImage> {
  const { colorSpace, format, visibleRect } = frame;
  const found = TERMS[matrix ?? 'smpte170m'];
  const isKnown = (format === 'I420' || format === 'NV12') && colorSpace.fullRange !== true;
  return found && isKnown ? converted(frame, found) : drawn(frame, visibleRect!.width, visibleRect!.height);
}

/** Of 8-bit 4:2:0 of limited range: decoders of the CPU give its chroma in two planes (I420), those of GPUs in one (NV12). */
async function converted(frame: VideoFrame, { luma, redOfCr, greenOfCr, greenOfCb, blueOfCb }: Terms): Promise<RgbImage> {
  const { width, height } = frame.visibleRect!;
  const planes = new Uint8Array(frame.allocationSize());
  const [y, cb, ownCr] = (await frame.copyTo(planes)) as [PlaneLayout, PlaneLayout, PlaneLayout?];
  const cr = ownCr ?? { offset: cb.offset + 1, stride: cb.stride };
  const step = ownCr ? 1 : 2;
  const pixels = new Uint8ClampedArray(width * height * 3);
  for (let row = 0, to = 0; row < height; row++) {
    const fromY = y.offset + row * y.stride;
    const fromCb = cb.offset + (row >> 1) * cb.stride;
    const fromCr = cr.offset + (row >> 1) * cr.stride;
    for (let column = 0; column < width; column++, to += 3) {
      const at = (column >> 1) * step;
      const light = luma[planes[fromY + column]!]!;
      const blue = planes[fromCb + at]!;
      const red = planes[fromCr + at]!;
      pixels[to] = light + redOfCr[red]!;
      pixels[to + 1] = light + greenOfCb[blue]! + greenOfCr[red]!;
      pixels[to + 2] = light + blueOfCb[blue]!;
    }
  }
  return { width, height, pixels };
}

/** By the browser's own arithmetic. */
function drawn(source: CanvasImageSource, width: number, height: number): RgbImage {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(source, 0, 0, width, height);
  return fromImageData(context.getImageData(0, 0, width, height));
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
