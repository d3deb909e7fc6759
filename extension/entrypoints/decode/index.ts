/**
 * Decodes a clip in a worker: a decoder wants its next packets from the thread that it was made on, and the
 * document's is busy with the nets.
 */

import { DecodedClip } from '../../lib/decoded_clip';
import type { Frame } from '../../lib/image';

/** Asks for the clip's length, then frame after frame. */
export type Asked = { type: 'open'; src: string } | { type: 'next'; total: number };

/** The length in s or null where the file is not decoded here; the frame or null after the last; or what went wrong. */
export type Answer = { durationS: number | null } | { frame: Frame | null } | { error: string };

let clip: DecodedClip | null = null;
let frames: AsyncGenerator<Frame, void> | null = null;

export default defineUnlistedScript(() => {
  addEventListener('message', ({ data }: MessageEvent<Asked>) => {
    answer(data).then(say, (error) => say({ error: String(error) }));
  });
});

async function answer(asked: Asked): Promise<Answer> {
  if (asked.type === 'open') {
    clip = await DecodedClip.open(asked.src);
    return { durationS: clip?.durationS ?? null };
  }
  frames ??= clip!.sample(asked.total);
  return { frame: (await frames.next()).value ?? null };
}

function say(answered: Answer): void {
  const pixels = 'frame' in answered && answered.frame?.image.pixels.buffer;
  postMessage(answered, { transfer: pixels ? [pixels] : [] });
}
