/** Scores frames: find faces, crop, score, join into tracks, judge, as in `unmask_edge/detector.py`. */

import type { Manifest } from '#manifest';
import { cropScale, cropSquare, faceCrop } from './crop';
import { MediaError, type MediaErrorReason } from './errors';
import { FaceFinder } from './face_finder';
import { type Box, longerSide } from './geometry';
import { type Frame, type RgbImage, mirrored } from './image';
import { type DetectorNet, type Net, withShape } from './net';
import { sharpness } from './quality';
import type { FaceFrame, ModelInfo, Result, Track } from './result';
import { averaged, calibrate, frameFlaw, judgeInput, judgeTrack } from './scoring';
import { Tracker } from './tracks';

/** The two nets of a bundle, loaded. */
export class Detector {
  readonly model: ModelInfo;
  private readonly finder: FaceFinder;

  constructor(
    readonly manifest: Manifest,
    finderNet: Net,
    private readonly net: DetectorNet,
  ) {
    this.finder = new FaceFinder(manifest.face_finder, finderNet);
    this.model = { name: manifest.name, version: manifest.version, format: net.format, runtime: net.runtime };
  }

  findFaces(image: RgbImage): Promise<Box[]> {
    return this.finder.find(image);
  }

  /** The detector's input for one face of a picture, or of a clip's frame by its number, at its input size. */
  crop(image: RgbImage, box: Box, frame: number | null): RgbImage {
    return faceCrop(image, box, this.cropScale(frame), this.manifest.input.width_px);
  }

  cropScale(frame: number | null): number {
    return cropScale(frame, this.manifest.crop.scale, this.manifest.sampling.crop_scales);
  }

  /** Raw P(fake) in [0, 1], before temperature, and the region map of one crop, row by row. */
  async scoreCrop(crop: RgbImage): Promise<{ rawScore: number; regionMap: number[][] }> {
    const { score_shape, region_map_shape } = this.manifest.outputs;
    const outputs = await this.net.run(Float32Array.from(crop.pixels), [1, crop.height, crop.width, 3]);
    const cells = withShape(outputs, region_map_shape);
    const [, rows, columns] = region_map_shape;
    const regionMap = Array.from({ length: rows }, (_, row) => {
      return Array.from(cells.subarray(row * columns, (row + 1) * columns), (cell) => rounded(cell, 3));
    });
    return { rawScore: withShape(outputs, score_shape)[0]!, regionMap };
  }

  /** What the net says of a crop and of its mirror image, as one. */
  async scoreBoth(crop: RgbImage): Promise<{ rawScore: number; regionMap: number[][] }> {
    const upright = await this.scoreCrop(crop);
    const other = await this.scoreCrop(mirrored(crop));
    const regionMap = upright.regionMap.map((row, y) => {
      const others = other.regionMap[y]!.toReversed();
      return row.map((cell, x) => rounded((cell + others[x]!) / 2, 3));
    });
    return { rawScore: averaged([upright.rawScore, other.rawScore]), regionMap };
  }
}

/** The state of scoring one video. */
export class Scoring {
  private readonly tracker: Tracker;
  private readonly faces = new Map<number, FaceFrame[]>();
  private readonly timingsMs: Record<string, number> = {};
  private size: { width: number; height: number } | null = null;
  framesSampled = 0;
  durationS: number | null = null;

  constructor(
    private readonly detector: Detector,
    private readonly path: string,
  ) {
    this.tracker = new Tracker(detector.manifest.tracking);
  }

  /**
   * Finds and scores the faces of the next frame.
   *
   * @param isPicture - whether no other frames steady their scores, so that their mirror images are looked at too.
   */
  async add({ timeS, image }: Frame, isPicture = false): Promise<void> {
    const frame = isPicture ? null : this.framesSampled;
    this.framesSampled += 1;
    this.size = { width: image.width, height: image.height };
    const boxes = await this.timed('find', () => this.detector.findFaces(image));
    const numbers = this.tracker.update(boxes);
    for (const [face, box] of boxes.entries()) {
      const frames = this.faces.get(numbers[face]!) ?? [];
      this.faces.set(numbers[face]!, frames);
      frames.push(await this.scoreFace(timeS, image, box, frame));
    }
  }

  /** The answer, once all frames were added. */
  async finish(): Promise<Result> {
    if (this.faces.size === 0) {
      const message = `Expected a face. Received: none found in ${this.framesSampled} frame(s).`;
      return this.failed(new MediaError('no_face', message));
    }
    return this.timed('aggregate', async () => this.judged());
  }

  /** The answer where the video cannot be scored. */
  failed({ reason, message }: { reason: MediaErrorReason; message: string }): Result {
    return { ...this.empty(), error: { reason, message } };
  }

  /** Runs a stage and adds the time it took to the stage's total. */
  async timed<T>(stage: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.timingsMs[stage] = rounded((this.timingsMs[stage] ?? 0) + performance.now() - start, 2);
    }
  }

  private async scoreFace(timeS: number, image: RgbImage, box: Box, frame: number | null): Promise<FaceFrame> {
    const { aggregation, temperature } = this.detector.manifest;
    const { crop, flaw } = await this.timed('crop', async () => {
      const pixels = this.detector.crop(image, box, frame);
      // Of one scale in all frames: the closer a crop, the less sharp it looks.
      const isUsual = this.detector.cropScale(frame) === this.detector.manifest.crop.scale;
      const usual = isUsual ? pixels : this.detector.crop(image, box, null);
      return { crop: pixels, flaw: frameFlaw(longerSide(box), sharpness(usual), aggregation) };
    });
    const { rawScore, regionMap } = await this.timed('score', () => {
      return frame === null ? this.detector.scoreBoth(crop) : this.detector.scoreCrop(crop);
    });
    const { left, top, side } = cropSquare(box, this.detector.cropScale(frame));
    return {
      time_s: rounded(timeS, 3),
      box: box.map((edge) => rounded(edge, 1)) as Box,
      crop: [left, top, left + side, top + side],
      score: calibrate(rawScore, temperature),
      flaw,
      region_map: regionMap,
    };
  }

  private judged(): Result {
    const { aggregation, bands } = this.detector.manifest;
    const judged = [...this.faces].map(([track, frames]) => {
      return { track, frames, judgement: judgeTrack(frames, this.framesSampled, aggregation, bands) };
    });
    const tracks = judged.map(({ track, frames, judgement: { score, verdict, reason } }): Track => {
      return { track, score, verdict, reason, frames };
    });
    const { score, verdict, reason } = judgeInput(judged.map(({ judgement }) => judgement));
    return { ...this.empty(), score, verdict, reason, tracks };
  }

  private empty(): Result {
    return {
      path: this.path,
      score: null,
      verdict: null,
      reason: null,
      error: null,
      width_px: this.size?.width ?? null,
      height_px: this.size?.height ?? null,
      duration_s: this.durationS,
      frames_sampled: this.framesSampled,
      tracks: [],
      timings_ms: this.timingsMs,
      model: this.detector.model,
    };
  }
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
