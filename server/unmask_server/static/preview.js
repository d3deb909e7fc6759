// @ts-check
/** The chosen file itself, where it is at hand, with the boxes and region maps of the nearest sampled frame drawn over it. */

import { byId, setText } from "./dom.js";
import { drawFaces } from "./overlay.js";
import { NOT_KEPT, UNPLAYABLE, momentWords } from "./words.js";

/** @typedef {import("./types.js").Result} Result */

// Results state times in whole ms: a little later is surely inside the frame and not in the one before.
const INSIDE_FRAME_S = 0.002;

export class Preview {
  /**
   * @param {string} name
   * @param {File | null} file
   * @param {Result} result with `width_px` and `height_px`
   * @param {(time_s: number) => void} onTime called when the shown moment of a clip changes
   */
  constructor(name, file, result, onTime) {
    this.file = file;
    this.result = result;
    this.onTime = onTime;
    this.listeners = new AbortController();
    this.stage = byId("stage", HTMLElement);
    this.canvas = byId("overlay", HTMLCanvasElement);
    this.toggle = byId("map-toggle", HTMLInputElement);
    this.url = file ? URL.createObjectURL(file) : "";
    this.asked_s = 0;
    this.media = result.duration_s === null ? this.image(name) : this.video(name);
    this.stage.style.setProperty("--width", String(result.width_px));
    this.stage.style.setProperty("--height", String(result.height_px));
    this.stage.classList.remove("unplayable");
    this.stage.prepend(this.media);
    this.toggle.addEventListener("change", () => this.draw(), { signal: this.listeners.signal });
    this.resizes = new ResizeObserver(() => this.draw());
    this.resizes.observe(this.canvas);
    if (file) this.media.src = this.url;
    else this.showUnplayable();
  }

  close() {
    this.listeners.abort();
    this.resizes.disconnect();
    this.media.remove();
    URL.revokeObjectURL(this.url);
  }

  /** Show a moment of a clip. @param {number} time_s */
  seek(time_s) {
    this.asked_s = time_s;
    if (this.media instanceof HTMLVideoElement && this.file) {
      this.media.pause();
      this.media.currentTime = time_s + INSIDE_FRAME_S;
    }
    this.draw();
  }

  /** @param {string} name */
  image(name) {
    const image = new Image();
    image.alt = name;
    this.listen(image, "error", () => this.showUnplayable());
    return image;
  }

  /** @param {string} name */
  video(name) {
    const video = document.createElement("video");
    Object.assign(video, { controls: true, muted: true, playsInline: true, preload: "auto" });
    video.setAttribute("aria-label", name);
    this.listen(video, "error", () => this.showUnplayable());
    for (const event of ["loadeddata", "seeked", "timeupdate"]) this.listen(video, event, () => this.follow());
    this.listen(video, "play", () => this.followWhilePlaying());
    return video;
  }

  /** @param {EventTarget} target @param {string} event @param {() => void} handler */
  listen(target, event, handler) {
    target.addEventListener(event, handler, { signal: this.listeners.signal });
  }

  /** Browsers play fewer formats than the server decodes; boxes and maps are then drawn on an empty stage. */
  showUnplayable() {
    this.stage.classList.add("unplayable");
    this.draw();
  }

  follow() {
    this.asked_s = /** @type {HTMLVideoElement} */ (this.media).currentTime;
    this.onTime(this.asked_s);
    this.draw();
  }

  followWhilePlaying() {
    const video = /** @type {HTMLVideoElement} */ (this.media);
    if (video.paused || this.listeners.signal.aborted) return;
    this.follow();
    requestAnimationFrame(() => this.followWhilePlaying());
  }

  draw() {
    const time_s = sampledAt(this.result, this.asked_s);
    drawFaces(this.canvas, this.result, time_s, this.toggle.checked);
    const unplayable = this.stage.classList.contains("unplayable");
    const why = this.file ? UNPLAYABLE : NOT_KEPT;
    setText("stage-note", `${unplayable ? why : ""} ${this.result.duration_s === null ? "" : momentWords(time_s)}`);
  }
}

/**
 * Time of the nearest frame in which a face was found; null where none lies within one sampling step.
 *
 * @param {Result} result
 * @param {number} time_s
 */
function sampledAt(result, time_s) {
  const times_s = result.tracks.flatMap((track) => track.frames.map((frame) => frame.time_s));
  const nearest = times_s.reduce((best, other) => (Math.abs(other - time_s) < Math.abs(best - time_s) ? other : best));
  return Math.abs(nearest - time_s) <= (result.duration_s ?? 0) / result.frames_sampled ? nearest : null;
}
