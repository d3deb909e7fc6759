// @ts-check
/** Draws face boxes and region maps on a canvas that lies over the picture. */

import { percent } from "./words.js";

const MAP_RGB = "214 31 160"; // as in style.css; unlike any skin
const MAP_ALPHA = 0.7;

/**
 * @param {HTMLCanvasElement} canvas as large on the screen as the picture
 * @param {import("./types.js").Result} result
 * @param {number | null} time_s of the sampled frame to draw; null draws nothing
 * @param {boolean} withMap
 */
export function drawFaces(canvas, result, time_s, withMap) {
  const { width, height } = canvas.getBoundingClientRect();
  canvas.width = Math.round(width * devicePixelRatio);
  canvas.height = Math.round(height * devicePixelRatio);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(devicePixelRatio, devicePixelRatio);
  const scaleX = width / (result.width_px ?? width);
  const scaleY = height / (result.height_px ?? height);
  for (const track of result.tracks) {
    for (const face of track.frames.filter((frame) => frame.time_s === time_s)) {
      if (withMap) drawMap(context, face.region_map, scaled(face.crop, scaleX, scaleY));
      drawBox(context, scaled(face.box, scaleX, scaleY), `Face ${track.track + 1}: ${percent(face.score)}`);
    }
  }
}

/** @param {import("./types.js").Xyxy} box @param {number} scaleX @param {number} scaleY @returns {import("./types.js").Xyxy} */
function scaled([x1, y1, x2, y2], scaleX, scaleY) {
  return [x1 * scaleX, y1 * scaleY, x2 * scaleX, y2 * scaleY];
}

/** @param {CanvasRenderingContext2D} context @param {number[][]} map @param {import("./types.js").Xyxy} square */
function drawMap(context, map, [x1, y1, x2, y2]) {
  map.forEach((row, i) => {
    row.forEach((changed, j) => {
      // Edges are rounded alike on both sides, so that cells meet without gaps or overlap.
      const left = Math.round(x1 + ((x2 - x1) * j) / row.length);
      const right = Math.round(x1 + ((x2 - x1) * (j + 1)) / row.length);
      const top = Math.round(y1 + ((y2 - y1) * i) / map.length);
      const bottom = Math.round(y1 + ((y2 - y1) * (i + 1)) / map.length);
      context.fillStyle = `rgb(${MAP_RGB} / ${MAP_ALPHA * changed})`;
      context.fillRect(left, top, right - left, bottom - top);
    });
  });
}

/** @param {CanvasRenderingContext2D} context @param {import("./types.js").Xyxy} box @param {string} label */
function drawBox(context, [x1, y1, x2, y2], label) {
  // A dark line under a bright one is seen on any picture.
  for (const [width, colour] of /** @type {[number, string][]} */ ([[4, "rgb(0 0 0 / 60%)"], [2, "#fff"]])) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.strokeRect(x1, y1, x2 - x1, y2 - y1);
  }
  context.font = "600 12px system-ui, sans-serif";
  const width = context.measureText(label).width + 12;
  const left = Math.max(0, Math.min(x1 - 2, context.canvas.getBoundingClientRect().width - width));
  const top = Math.max(0, y1 - 22);
  context.fillStyle = "rgb(0 0 0 / 75%)";
  context.fillRect(left, top, width, 20);
  context.fillStyle = "#fff";
  context.fillText(label, left + 6, top + 14);
}
