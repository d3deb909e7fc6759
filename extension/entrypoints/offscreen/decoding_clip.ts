/** A clip that a worker decodes; closing it ends the worker, and frees what that holds. */

import { MediaError } from '../../lib/errors';
import type { Frame } from '../../lib/image';
import type { Answer, Asked } from '../decode';

/** An opened clip. */
export class DecodingClip {
  private constructor(
    private readonly worker: Worker,
    readonly durationS: number,
  ) {}

  /** Null where the file cannot be read without the user's cookies, or is none that is decoded here; a player may do better. */
  static async open(src: string): Promise<DecodingClip | null> {
    const worker = new Worker('/decode.js');
    try {
      const answer = await ask(worker, { type: 'open', src });
      if ('durationS' in answer && answer.durationS !== null) return new DecodingClip(worker, answer.durationS);
    } catch (error) {
      console.warn(error);
    }
    worker.terminate();
    return null;
  }

  /** The frame that is shown at each sample time, each once; rejects with `MediaError` where the file fails. */
  async *sample(total: number): AsyncGenerator<Frame, void> {
    for (;;) {
      const answer = await ask(this.worker, { type: 'next', total });
      if (!('frame' in answer) || !answer.frame) return;
      yield answer.frame;
    }
  }

  close(): void {
    this.worker.terminate();
  }
}

/** One question at a time. */
function ask(worker: Worker, asked: Asked): Promise<Exclude<Answer, { error: string }>> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if ('error' in data) reject(new MediaError('unreadable', data.error));
      else resolve(data);
    };
    worker.onerror = ({ message }) => {
      reject(new MediaError('unreadable', `Expected a worker that decodes. Received: ${message}.`));
    };
    worker.postMessage(asked);
  });
}
