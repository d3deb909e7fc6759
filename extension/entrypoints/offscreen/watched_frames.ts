import type { Frame, Scoring } from '../../lib/detector';
import { MediaError } from '../../lib/errors';
import { fromImageData } from '../../lib/image';
import type { ToAnalyst } from '../../lib/messages';

/** Frames that the page saw its player show, until it has watched enough; sets the scoring's duration at the end. */
export async function* watchedFrames(
  reader: ReadableStreamDefaultReader<ToAnalyst>,
  scoring: Scoring,
): AsyncGenerator<Frame & { total: number }> {
  for (;;) {
    const { value: message } = await reader.read();
    if (message?.type === 'frame') {
      yield { timeS: message.timeS, image: await decodePng(message.png), total: message.total };
    } else if (message?.type === 'watched') {
      scoring.durationS = message.durationS;
      return;
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
