/** One check: pixels from the clip's or picture's own address if that can be read, else from the page; then the verdict. */

import { ahead } from '../../lib/ahead';
import { type Detector, Scoring } from '../../lib/detector';
import { MediaError } from '../../lib/errors';
import type { Frame } from '../../lib/image';
import type { Report, Route, ToAnalyst } from '../../lib/messages';
import { readPicture } from '../../lib/picture';
import type { Result } from '../../lib/result';
import { WholeClip } from '../../lib/whole_clip';
import { type Say, answer } from './answer';
import { DecodingClip } from './decoding_clip';
import { lentFrames } from './lent_frames';
import { Pictures } from './pictures';
import type { Incoming } from './receive';

type CheckRequest = Extract<ToAnalyst, { type: 'check' }>;
type SampledFrame = Frame & { total: number };

/** Answers on the port; never rejects. */
export function check(port: Browser.runtime.Port, { messages, gone }: Incoming, loading: Promise<Detector>): Promise<void> {
  return answer(port, gone, async (say) => {
    const { value: request } = await messages.read();
    return request?.type === 'check' ? scored(request, messages, loading, say) : null;
  });
}

async function scored(request: CheckRequest, messages: Incoming['messages'], loading: Promise<Detector>, say: Say): Promise<Report> {
  const isPicture = request.kind === 'picture';
  // The clip's file is opened while the detector may still load.
  const opening = request.src !== null && !isPicture ? openClip(request.src) : null;
  opening?.catch(() => undefined); // told below
  loading.catch(() => opening?.then((clip) => clip.close())).catch(() => undefined); // likewise
  const detector = await loading;
  const { bands, sampling } = detector.manifest;
  const pictures = new Pictures();
  if (request.src !== null) {
    try {
      return await (opening ? wholeClip(opening) : picture(request.src));
    } catch (error) {
      if (!(error instanceof MediaError)) throw error; // an unreadable address is no failure yet
    }
  }
  say({ type: 'lend', frames: sampling.frames });
  const scoring = new Scoring(detector, request.path);
  const { durationS, route } = await addAll(scoring, lentFrames(messages));
  scoring.durationS = durationS;
  return reported(await scoring.finish(), route);

  function reported(result: Result, route: Route): Report {
    return { result, route, bands, pictures: pictures.withFaces(result) };
  }

  async function wholeClip(opening: Promise<DecodingClip | WholeClip>): Promise<Report> {
    const scoring = new Scoring(detector, request.path);
    const clip = await scoring.timed('decode', () => opening);
    try {
      scoring.durationS = clip.durationS;
      await addAll(scoring, ahead(withTotal(clip.sample(sampling.frames), sampling.frames)));
    } finally {
      clip.close();
    }
    return reported(await scoring.finish(), 'whole_clip');
  }

  async function picture(src: string): Promise<Report> {
    const scoring = new Scoring(detector, request.path);
    const image = await scoring.timed('decode', () => readPicture(src));
    await scoring.add({ timeS: 0, image }, isPicture);
    pictures.add({ timeS: 0, image });
    return reported(await scoring.finish(), 'picture');
  }

  async function addAll<End>(scoring: Scoring, frames: AsyncGenerator<SampledFrame, End>): Promise<End> {
    try {
      for (;;) {
        const next = await scoring.timed('decode', () => frames.next());
        if (next.done) return next.value;
        const startMs = performance.now();
        await scoring.add(next.value, isPicture);
        pictures.add(next.value);
        const busyMs = performance.now() - startMs;
        say({ type: 'progress', done: scoring.framesSampled, total: next.value.total, busyMs });
      }
    } finally {
      void frames.return(undefined as End); // the page may have left
    }
  }
}

/** Decodes the file itself where it can, else plays it. */
async function openClip(src: string): Promise<DecodingClip | WholeClip> {
  return (await DecodingClip.open(src)) ?? WholeClip.open(src, 'anonymous');
}

async function* withTotal(frames: AsyncGenerator<Frame, void>, total: number): AsyncGenerator<SampledFrame, void> {
  for await (const frame of frames) yield { ...frame, total };
}
