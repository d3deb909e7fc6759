// @ts-check

/** Shapes that tell faces apart where colour does not; `r` is the radius in px around (0, 0). */
const SHAPES = [
  (/** @type {number} */ r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  (/** @type {number} */ r) => `M${-r} ${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (/** @type {number} */ r) => `M0 ${-1.2 * r}L${1.1 * r} ${0.8 * r}H${-1.1 * r}z`,
  (/** @type {number} */ r) => `M0 ${-1.3 * r}L${1.3 * r} 0L0 ${1.3 * r}L${-1.3 * r} 0z`,
  (/** @type {number} */ r) => `M0 ${1.2 * r}L${1.1 * r} ${-0.8 * r}H${-1.1 * r}z`,
];

/** SVG path of a face's mark. @param {number} track @param {number} radius_px */
export const markPath = (track, radius_px) => SHAPES[track % SHAPES.length](radius_px);
