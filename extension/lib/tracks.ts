/** Joins the faces of sampled frames into tracks, one a person as far as position tells, as in `unmask_edge/tracks.py`. */

import type { TrackingSpec } from '#manifest';
import { type Box, centre, longerSide } from './geometry';

/** Gives each face of each frame the number of its track, closest pairs first. */
export class Tracker {
  private readonly lastBoxes: Box[] = [];

  constructor(private readonly spec: TrackingSpec) {}

  /** Track numbers, from 0, of the boxes of the next frame; a face that fits no track opens one. */
  update(boxes: Box[]): number[] {
    const numbers = new Map<number, number>();
    const taken = new Set<number>();
    for (const { track, face } of this.pairs(boxes)) {
      if (!numbers.has(face) && !taken.has(track)) {
        numbers.set(face, track);
        taken.add(track);
      }
    }
    return boxes.map((box, face) => {
      const number = numbers.get(face) ?? this.lastBoxes.length;
      this.lastBoxes[number] = box;
      return number;
    });
  }

  /** All pairs of a track and a face that fit, closest first, then by number. */
  private pairs(boxes: Box[]): { shift: number; track: number; face: number }[] {
    return this.lastBoxes
      .flatMap((last, track) => boxes.map((box, face) => ({ shift: this.shift(last, box), track, face })))
      .filter(({ shift }) => Number.isFinite(shift))
      .sort((a, b) => a.shift - b.shift || a.track - b.track || a.face - b.face);
  }

  /** Distance of the centres over the mean side, or infinity where the boxes cannot be one face. */
  private shift(last: Box, box: Box): number {
    const sides = [longerSide(last), longerSide(box)];
    const [lastX, lastY] = centre(last);
    const [x, y] = centre(box);
    const shift = Math.hypot(x - lastX, y - lastY) / Math.max((sides[0]! + sides[1]!) / 2, 1e-9);
    const ratioFits = Math.max(...sides) <= this.spec.max_size_ratio * Math.min(...sides);
    return shift <= this.spec.max_centre_shift && ratioFits ? shift : Infinity;
  }
}
