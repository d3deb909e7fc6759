import { MediaError } from '../../lib/errors';
import type { Frame } from '../../lib/image';
import type { ToAnalyst } from '../../lib/messages';
import { pixelsOf } from '../../lib/picture';
import type { Incoming } from './receive';

type Lent = Extract<ToAnalyst, { type: 'lent' }>;

/** Frames that the page lends, until it says that these were all; returns what it said. */
export async function* lentFrames(
  messages: Incoming['messages'],
): AsyncGenerator<Frame & { total: number }, Lent> {
  for (;;) {
    const { value: message } = await messages.read();
    if (message?.type === 'frame') {
      yield { timeS: message.timeS, image: await decodePng(message.png), total: message.total };
    } else if (message?.type === 'lent') {
      return message;
    } else {
      throw new MediaError('interrupted', `Expected frames from the page. Received: ${message?.type ?? 'its end'}.`);
    }
  }
}

async function decodePng(address: string): Promise<Frame['image']> {
  return pixelsOf(await createImageBitmap(await (await fetch(address)).blob()));
}
