/** Arithmetic on face boxes, as in `unmask_edge/geometry.py`; `tests/golden/arithmetic.json` holds both. */

/** Face box `[x1, y1, x2, y2]` in px; float32 values, as in Python. */
export type Box = [x1: number, y1: number, x2: number, y2: number];

/** Longer side of a box in px. */
export function longerSide([x1, y1, x2, y2]: Box): number {
  return Math.max(Math.fround(x2 - x1), Math.fround(y2 - y1));
}

/** Centre of a box in px. */
export function centre([x1, y1, x2, y2]: Box): [x: number, y: number] {
  return [Math.fround(x1 + x2) / 2, Math.fround(y1 + y2) / 2];
}

/** Intersection over union of two boxes, in [0, 1]. */
export function iou(a: Box, b: Box): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const intersection = width * height;
  return intersection / Math.max(area(a) + area(b) - intersection, 1e-9);
}

function area([x1, y1, x2, y2]: Box): number {
  return (x2 - x1) * (y2 - y1);
}
