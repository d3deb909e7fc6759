/** One check: frames from the clip's own address if that can be read, else from the page; then the verdict. */

import { type Detector, type Frame, Scoring } from '../../lib/detector';
import { MediaError } from '../../lib/errors';
import type { Report, Route, ToAnalyst, ToPage } from '../../lib/messages';
import { watchedFrames } from './watched_frames';
import { WholeClip } from './whole_clip';

type CheckRequest = Extract<ToAnalyst, { type: 'check' }>;

/** Answers on the port; never rejects. */
export async function check(
  port: Browser.runtime.Port,
  messages: ReadableStream<ToAnalyst>,
  loading: Promise<Detector>,
): Promise<void> {
  const reader = messages.getReader();
  const abort = new AbortController();
  port.onDisconnect.addListener(() => abort.abort());
  const say = (message: ToPage) => !abort.signal.aborted && port.postMessage(message);
  try {
    const { value: request } = await reader.read();
    if (request?.type !== 'check') return;
    const report = await scored(request, reader, await loading, say, abort.signal);
    say({ type: 'report', report });
  } catch (error) {
    if (!abort.signal.aborted) console.error(error);
    say({ type: 'failed', message: String(error) });
  }
}

async function scored(
  request: CheckRequest,
  reader: ReadableStreamDefaultReader<ToAnalyst>,
  detector: Detector,
  say: (message: ToPage) => void,
  signal: AbortSignal,
): Promise<Report> {
  const { bands, sampling } = detector.manifest;
  if (request.src !== null) {
    const scoring = new Scoring(detector, request.path);
    try {
      return await wholeClip(request.src, scoring);
    } catch (error) {
      if (!(error instanceof MediaError)) throw error; // an unreadable address is no failure yet
    }
  }
  say({ type: 'watch', frames: sampling.frames });
  const scoring = new Scoring(detector, request.path);
  return run(scoring, watchedFrames(reader, scoring), 'moments_watched');

  async function wholeClip(src: string, scoring: Scoring): Promise<Report> {
    const clip = await scoring.timed('decode', () => WholeClip.open(src));
    try {
      scoring.durationS = clip.durationS;
      return await run(scoring, clip.sample(sampling.frames), 'whole_clip');
    } finally {
      clip.close();
    }
  }

  async function run(scoring: Scoring, frames: AsyncGenerator<Frame & { total: number }>, route: Route): Promise<Report> {
    for (;;) {
      const { value: frame } = await scoring.timed('decode', () => frames.next());
      signal.throwIfAborted();
      if (!frame) break;
      await scoring.add(frame);
      say({ type: 'progress', done: scoring.framesSampled, total: frame.total });
    }
    return { result: await scoring.finish(), route, bands };
  }
}
