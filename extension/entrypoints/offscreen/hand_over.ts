/** Hands a video's file to the companion, from its own address if that can be read, else from the page; then the verdict. */

import { scoreFile } from '../../lib/companion';
import { MediaError } from '../../lib/errors';
import type { Picture, Report, ToAnalyst, ToBackground } from '../../lib/messages';
import type { Pairing } from '../../lib/pairing';
import type { Result } from '../../lib/result';
import { WholeClip } from '../../lib/whole_clip';
import { momentsOf } from '../../ui/moments';
import { type Say, answer } from './answer';
import { Pictures } from './pictures';
import type { Incoming } from './receive';

type HandOver = Extract<ToAnalyst, { type: 'hand_over' }>;

/** Answers on the port; never rejects. */
export function handOver(port: Browser.runtime.Port, { messages, gone }: Incoming): Promise<void> {
  return answer(port, gone, async (say) => {
    const { value: request } = await messages.read();
    return request?.type === 'hand_over' ? scored(request, messages, gone, say) : null;
  });
}

async function scored({ src, path }: HandOver, messages: Incoming['messages'], gone: AbortSignal, say: Say): Promise<Report> {
  const pairing: Pairing | null = await browser.runtime.sendMessage({ type: 'pairing' } satisfies ToBackground);
  if (!pairing) throw new MediaError('companion_refused', 'Expected a paired companion. Received: none.');
  const file = (await fileAt(src, gone)) ?? (await lentFile(messages, say));
  const tell = (done: number, total: number | null) => say({ type: 'progress', done, total, busyMs: 0 });
  const { result, bands } = await scoreFile(pairing, file, tell, gone);
  return { result: { ...result, path }, route: 'companion', bands, pictures: await picturesOf(file, result) };
}

/** The file at an address, without the user's cookies; null where it may not be read. Large ones lie on the disk meanwhile. */
async function fileAt(src: string, gone: AbortSignal): Promise<Blob | null> {
  try {
    const file = await fetch(src, { credentials: 'omit', signal: gone });
    return file.ok ? await file.blob() : null;
  } catch {
    gone.throwIfAborted();
    return null;
  }
}

/** The file as the page reads it, one piece after the other. */
async function lentFile(messages: Incoming['messages'], say: Say): Promise<Blob> {
  const pieces: Blob[] = [];
  for (;;) {
    say({ type: 'lend_piece' });
    const { value: message } = await messages.read();
    if (message?.type !== 'piece') throw new MediaError('interrupted', `Expected a piece. Received: ${message?.type ?? 'the end'}.`);
    if (message.content === null) return new Blob(pieces);
    pieces.push(await (await fetch(message.content)).blob());
  }
}

/** Pictures of the examined frames, as far as this browser can play the file. */
async function picturesOf(file: Blob, result: Result): Promise<Picture[]> {
  const address = URL.createObjectURL(file);
  const pictures = new Pictures();
  try {
    const clip = await WholeClip.open(address, null);
    for (const timeS of momentsOf(result.tracks)) {
      // The result's times are rounded, and may lie just before their frames.
      pictures.add({ ...(await clip.frameAt(timeS + 0.001)), timeS });
    }
    clip.close();
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
  } finally {
    URL.revokeObjectURL(address);
  }
  return pictures.withFaces(result);
}
