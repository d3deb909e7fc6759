/** Which frames of a clip are looked at, as in `unmask_edge/video.py`. */

/** Middles in s of `frames` equal parts of a clip. */
export function sampleTimes(durationS: number, frames: number): number[] {
  return Array.from({ length: frames }, (_, k) => ((k + 0.5) / frames) * durationS);
}
