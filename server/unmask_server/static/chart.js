// @ts-check
/** Scores over time: a line for each face, the verdict bands behind, a playhead that can be moved. */

import { svg } from "./dom.js";
import { markPath } from "./marks.js";
import { BAND_NAMES, percent, seconds } from "./words.js";

/** @typedef {import("./types.js").Result} Result */

const HEIGHT_PX = 220;
const MARGIN = { top: 10, right: 12, bottom: 26, left: 46 };
const COLOURS = 6;

export class Chart {
  /**
   * @param {SVGSVGElement} root
   * @param {Result} result of a clip
   * @param {import("./types.js").Manifest["bands"]} bands
   * @param {(time_s: number) => void} onSeek
   */
  constructor(root, result, bands, onSeek) {
    this.root = root;
    this.tracks = result.tracks;
    this.bands = bands;
    this.onSeek = onSeek;
    this.times_s = [...new Set(result.tracks.flatMap((track) => track.frames.map((frame) => frame.time_s)))].sort((a, b) => a - b);
    this.duration_s = Math.max(result.duration_s ?? 0, this.times_s[this.times_s.length - 1]);
    this.current_s = 0;
    this.width_px = 0;
    this.playhead = svg("line", { class: "playhead" });
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    root.addEventListener("click", (event) => this.seekTo(this.timeAt(event.clientX)), { signal });
    root.addEventListener("keydown", (event) => this.onKey(event), { signal });
    this.resizes = new ResizeObserver(() => this.draw());
    this.resizes.observe(root);
    this.moveTo(0);
  }

  close() {
    this.listeners.abort();
    this.resizes.disconnect();
    this.root.replaceChildren();
  }

  /** Show that the clip is at a time. @param {number} time_s */
  moveTo(time_s) {
    this.current_s = time_s;
    this.playhead.setAttribute("transform", `translate(${this.x(time_s)} 0)`);
    const here = this.nearest(time_s);
    const scores = this.tracks.flatMap((track) =>
      track.frames.filter((frame) => frame.time_s === here).map((frame) => `face ${track.track + 1} ${percent(frame.score)}`),
    );
    this.root.setAttribute("aria-valuemin", "0");
    this.root.setAttribute("aria-valuemax", this.duration_s.toFixed(2));
    this.root.setAttribute("aria-valuenow", time_s.toFixed(2));
    this.root.setAttribute("aria-valuetext", `${seconds(here)}: ${scores.join(", ")}`);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const at = this.times_s.indexOf(this.nearest(this.current_s));
    const last = this.times_s.length - 1;
    const next = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.seekTo(this.times_s[Math.min(Math.max(next, 0), last)]);
  }

  /** @param {number} time_s */
  seekTo(time_s) {
    const sampled = this.nearest(time_s);
    this.moveTo(sampled);
    this.onSeek(sampled);
  }

  /** The sampled time nearest to another. @param {number} time_s */
  nearest(time_s) {
    return this.times_s.reduce((best, other) => (Math.abs(other - time_s) < Math.abs(best - time_s) ? other : best));
  }

  /** @param {number} time_s */
  x(time_s) {
    return MARGIN.left + (time_s / this.duration_s) * Math.max(0, this.width_px - MARGIN.left - MARGIN.right);
  }

  /** @param {number} score */
  y(score) {
    return MARGIN.top + (1 - score) * (HEIGHT_PX - MARGIN.top - MARGIN.bottom);
  }

  /** @param {number} clientX */
  timeAt(clientX) {
    const share = (clientX - this.root.getBoundingClientRect().left - MARGIN.left) / (this.width_px - MARGIN.left - MARGIN.right);
    return Math.min(Math.max(share, 0), 1) * this.duration_s;
  }

  draw() {
    this.width_px = this.root.getBoundingClientRect().width;
    this.root.setAttribute("viewBox", `0 0 ${this.width_px} ${HEIGHT_PX}`);
    this.playhead.setAttribute("y1", String(this.y(1)));
    this.playhead.setAttribute("y2", String(this.y(0)));
    this.root.replaceChildren(...this.bandShapes(), ...this.axes(), ...this.tracks.flatMap((track) => this.line(track)), this.playhead);
    this.moveTo(this.current_s);
  }

  bandShapes() {
    const { likely_authentic_below: low, likely_manipulated_from: high } = this.bands;
    const width = this.x(this.duration_s) - this.x(0);
    const edges = [0, low, high, 1];
    return ["low", "middle", "high"].flatMap((level, k) => {
      const top = this.y(edges[k + 1]);
      const height = this.y(edges[k]) - top;
      const band = svg("rect", { class: level, x: this.x(0), y: top, width, height });
      const name = svg("text", { class: "band-name", x: this.x(0) + 8, y: top + 16 }, BAND_NAMES[k]);
      return height < 24 ? [band] : [band, name];
    });
  }

  axes() {
    const scores = [0, 0.5, 1].flatMap((score) => [
      svg("line", { class: "grid", x1: this.x(0), x2: this.x(this.duration_s), y1: this.y(score), y2: this.y(score) }),
      svg("text", { x: MARGIN.left - 8, y: this.y(score) + 4, "text-anchor": "end" }, `${100 * score} %`),
    ]);
    const steps = this.width_px > 400 ? 4 : 2;
    const times = Array.from({ length: steps + 1 }, (_, k) => {
      const time_s = (k / steps) * this.duration_s;
      const anchor = k === 0 ? "start" : k === steps ? "end" : "middle";
      return svg("text", { x: this.x(time_s), y: HEIGHT_PX - 6, "text-anchor": anchor }, `${time_s.toFixed(1)} s`);
    });
    return [...scores, ...times];
  }

  /** @param {import("./types.js").Track} track */
  line(track) {
    const points = track.frames.map((frame) => `${this.x(frame.time_s)},${this.y(frame.score)}`).join(" ");
    const colour = `face-${track.track % COLOURS}`;
    const marks = track.frames.map((frame) =>
      svg(
        "path",
        {
          class: `point ${colour}${frame.flaw ? " hollow" : ""}`,
          d: markPath(track.track, 4.5),
          transform: `translate(${this.x(frame.time_s)} ${this.y(frame.score)})`,
        },
        svg("title", {}, `Face ${track.track + 1}, ${seconds(frame.time_s)}: ${percent(frame.score)}`),
      ),
    );
    return [svg("polyline", { class: `line ${colour}`, points }), ...marks];
  }
}
