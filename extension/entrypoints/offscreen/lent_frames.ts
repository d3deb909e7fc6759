import type { Frame } from '../../lib/detector';
import { MediaError } from '../../lib/errors';
import { fromImageData } from '../../lib/image';
import type { ToAnalyst } from '../../lib/messages';
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
  const bitmap = await createImageBitmap(await (await fetch(address)).blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
  canvas.drawImage(bitmap, 0, 0);
  bitmap.close();
  return fromImageData(canvas.getImageData(0, 0, canvas.canvas.width, canvas.canvas.height));
}
