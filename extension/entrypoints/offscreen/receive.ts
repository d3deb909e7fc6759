import type { ToAnalyst } from '../../lib/messages';

/** Messages of a port in order, kept until they are asked for; ends when the port does. */
export function receive(port: Browser.runtime.Port): ReadableStream<ToAnalyst> {
  return new ReadableStream<ToAnalyst>({
    start(controller) {
      port.onMessage.addListener((message: ToAnalyst) => controller.enqueue(message));
      port.onDisconnect.addListener(() => controller.close());
    },
  });
}
