/** The examined moments of a clip, and the faces in them. */

import type { FaceFrame, Track } from '../lib/result';

/** Times in s of all frames in which a face was found, each once, in order. */
export function momentsOf(tracks: Track[]): number[] {
  return [...new Set(tracks.flatMap(({ frames }) => frames.map((frame) => frame.time_s)))].sort((a, b) => a - b);
}

/** The faces found at a moment, by number. */
export function facesAt(tracks: Track[], timeS: number): { number: number; face: FaceFrame }[] {
  return tracks.flatMap(({ track, frames }) => {
    return frames.filter((frame) => frame.time_s === timeS).map((face) => ({ number: track + 1, face }));
  });
}

/** The frame that speaks most for a forgery among those that count, or among all where none counts; at least one. */
export function mostSuspicious(frames: FaceFrame[]): FaceFrame {
  const counted = frames.filter((frame) => frame.flaw === null);
  return (counted.length > 0 ? counted : frames).reduce((most, frame) => (frame.score > most.score ? frame : most));
}
