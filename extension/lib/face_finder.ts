/**
 * BlazeFace full-range-sparse (MediaPipe, Apache-2.0): one picture in, face boxes out.
 *
 * Decoding follows MediaPipe's graph, as in `unmask_edge/face_finder.py`: 192x192 letterboxed input in [-1, 1]; 48x48
 * anchors with centre (i + 0.5) / 48; 16 numbers an anchor, the first four being the box's centre and size over 192, the
 * centre relative to its anchor.
 */

import type { FaceFinderSpec } from '#manifest';
import { resize } from './crop';
import { type Box, iou } from './geometry';
import type { RgbImage } from './image';
import { type Net, withShape } from './net';

const GRID = 48;
const ANCHORS = GRID * GRID;
const NUMBERS_AN_ANCHOR = 16;

/** How a picture was fitted into the square input: result px = picture px * scale + offset. */
export interface Letterbox {
  scale: number;
  offset_x: number;
  offset_y: number;
  width: number;
  height: number;
}

/** Finds faces with the settings that a bundle's manifest names. */
export class FaceFinder {
  constructor(
    private readonly spec: FaceFinderSpec,
    private readonly net: Net,
  ) {}

  /** Face boxes in px of the picture, surest first. */
  async find(image: RgbImage): Promise<Box[]> {
    const inputPx = this.spec.input_px;
    const letterbox = fit(image.width, image.height, inputPx);
    const outputs = await this.net.run(letterboxed(image, letterbox, inputPx), [1, inputPx, inputPx, 3]);
    const rawBoxes = withShape(outputs, [1, ANCHORS, NUMBERS_AN_ANCHOR]);
    return decode(rawBoxes, withShape(outputs, [1, ANCHORS, 1]), letterbox, this.spec);
  }
}

/** Largest centred fit of a `width` x `height` picture into a square of `inputPx`. */
export function fit(width: number, height: number, inputPx: number): Letterbox {
  const scale = inputPx / Math.max(width, height);
  const fittedWidth = Math.max(1, Math.round(width * scale));
  const fittedHeight = Math.max(1, Math.round(height * scale));
  return {
    scale,
    offset_x: Math.floor((inputPx - fittedWidth) / 2),
    offset_y: Math.floor((inputPx - fittedHeight) / 2),
    width: fittedWidth,
    height: fittedHeight,
  };
}

/** The `(1, inputPx, inputPx, 3)` input in [-1, 1], black around the picture. */
export function letterboxed(image: RgbImage, letterbox: Letterbox, inputPx: number): Float32Array {
  const fitted = resize(image, letterbox.width, letterbox.height);
  const input = new Float32Array(inputPx * inputPx * 3).fill(-1);
  const stride = fitted.width * 3;
  for (let y = 0; y < fitted.height; y++) {
    const to = ((y + letterbox.offset_y) * inputPx + letterbox.offset_x) * 3;
    for (let x = 0; x < stride; x++) {
      input[to + x] = fitted.pixels[y * stride + x]! / 127.5 - 1;
    }
  }
  return input;
}

/**
 * Turns the net's output into boxes.
 *
 * @param rawBoxes - `(2304, 16)`.
 * @param logits - `(2304,)`.
 * @returns boxes in px of the picture, surest first, after non-maximum suppression.
 */
export function decode(rawBoxes: Float32Array, logits: Float32Array, letterbox: Letterbox, spec: FaceFinderSpec): Box[] {
  const surest = Array.from(logits, (logit, index) => ({ index, score: 1 / (1 + Math.exp(-logit)) }))
    .filter(({ score }) => score >= spec.score_threshold)
    .sort((a, b) => b.score - a.score);
  const boxes = surest.map(({ index }): Box => {
    const [dx, dy, width, height] = rawBoxes.subarray(index * NUMBERS_AN_ANCHOR) as unknown as Box;
    const x = dx + (((index % GRID) + 0.5) / GRID) * spec.input_px;
    const y = dy + ((Math.floor(index / GRID) + 0.5) / GRID) * spec.input_px;
    const edges = [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
    const offsets = [letterbox.offset_x, letterbox.offset_y, letterbox.offset_x, letterbox.offset_y];
    return edges.map((edge, side) => Math.fround((edge - offsets[side]!) / letterbox.scale)) as Box;
  });
  return suppress(boxes, spec.iou_threshold);
}

/** Non-maximum suppression: the boxes, surest first, that overlap no surer one too much. */
function suppress(boxes: Box[], iouThreshold: number): Box[] {
  const kept: Box[] = [];
  for (const box of boxes) {
    if (kept.every((surer) => iou(box, surer) <= iouThreshold)) kept.push(box);
  }
  return kept;
}
