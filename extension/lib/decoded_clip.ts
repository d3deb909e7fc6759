/**
 * Reads a clip's file and decodes what its samples need, each frame once: a player that seeks decodes again from the key
 * frame before each of them, and some frames beyond.
 */

import { Input, type InputVideoTrack, MATROSKA, MP4, QTFF, UrlSource, type VideoSample, VideoSampleSink, WEBM } from 'mediabunny';
import { MediaError } from './errors';
import { decodedPixels } from './frame_pixels';
import type { Frame, RgbImage } from './image';
import { sampleTimes } from './sampling';

const FORMATS = [MP4, QTFF, WEBM, MATROSKA];
const OPEN_LIMIT_MS = 15_000;
const FRAME_LIMIT_MS = 10_000;
const MOST_CACHED_BYTES = 16 * 2 ** 20;
/** Times closer than this are one, as in `unmask_edge/video.py`: containers round them, some to whole ms. */
const SAME_TIME_S = 0.0005;

/** An opened clip; closing it stops its download. */
export class DecodedClip {
  private constructor(
    private readonly input: Input,
    private readonly track: InputVideoTrack,
    readonly durationS: number,
  ) {}

  /** Null where the file cannot be read without the user's cookies, or is none that is decoded here; a player may do better. */
  static async open(src: string): Promise<DecodedClip | null> {
    const source = new UrlSource(src, {
      requestInit: { credentials: 'omit' },
      getRetryDelay: () => null,
      maxCacheSize: MOST_CACHED_BYTES,
    });
    const input = new Input({ source, formats: FORMATS });
    try {
      const clip = await within(OPEN_LIMIT_MS, opened(input));
      if (clip) return new DecodedClip(input, clip.track, clip.durationS);
    } catch (error) {
      console.warn(error);
    }
    input.dispose();
    return null;
  }

  /** The frame that is shown at each sample time, each once; rejects with `MediaError` where the file fails. */
  async *sample(total: number): AsyncGenerator<Frame, void> {
    const times = sampleTimes(this.durationS, total).map((timeS) => timeS + SAME_TIME_S);
    const samples = new VideoSampleSink(this.track).samplesAtTimestamps(times);
    let yieldedS = -1;
    try {
      for (;;) {
        const { value: sample, done } = await within(FRAME_LIMIT_MS, samples.next());
        if (done) return;
        if (!sample) continue; // nothing is shown yet at that time
        const { timestamp: timeS } = sample;
        const image = await this.pixelsOf(sample);
        if (timeS > yieldedS) yield { timeS, image };
        yieldedS = timeS;
      }
    } catch (error) {
      throw new MediaError('unreadable', `Expected a video that can be read. Received: ${error}`);
    } finally {
      void samples.return();
    }
  }

  private async pixelsOf(sample: VideoSample): Promise<RgbImage> {
    const frame = sample.toVideoFrame();
    sample.close();
    try {
      return await decodedPixels(frame, (await this.track.getColorSpace()).matrix ?? null);
    } finally {
      frame.close();
    }
  }

  close(): void {
    this.input.dispose();
  }
}

/** The video track and its length, if its frames are decoded here and lie as they are shown. */
async function opened(input: Input): Promise<{ track: InputVideoTrack; durationS: number } | null> {
  const track = await input.getPrimaryVideoTrack();
  if (!track || !(await track.canDecode()) || !(await isPlain(track))) return null;
  const durationS = await track.computeDuration();
  return durationS > 0 ? { track, durationS } : null;
}

/** Whether frames are neither turned nor stretched nor see-through. */
async function isPlain(track: InputVideoTrack): Promise<boolean> {
  const isSquare =
    (await track.getSquarePixelWidth()) === (await track.getCodedWidth()) &&
    (await track.getSquarePixelHeight()) === (await track.getCodedHeight());
  return isSquare && (await track.getRotation()) === 0 && !(await track.getFlip()) && !(await track.canBeTransparent());
}

function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nothing within ${limitMs} ms`)), limitMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
