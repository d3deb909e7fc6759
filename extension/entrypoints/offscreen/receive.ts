import type { ToAnalyst } from '../../lib/messages';

/** What a page has said and will say. */
export interface Incoming {
  /** Messages in order, kept until they are asked for; ends when the port does. */
  messages: ReadableStreamDefaultReader<ToAnalyst>;
  /** Aborts when the port ends: the badge was closed, or its page left. */
  gone: AbortSignal;
}

/** Listens from now on, since a page may speak, and leave, before its turn comes. */
export function receive(port: Browser.runtime.Port): Incoming {
  const left = new AbortController();
  const stream = new ReadableStream<ToAnalyst>({
    start(controller) {
      port.onMessage.addListener((message: ToAnalyst) => controller.enqueue(message));
      port.onDisconnect.addListener(() => {
        left.abort();
        controller.close();
      });
    },
  });
  return { messages: stream.getReader(), gone: left.signal };
}
