import { BundleError, MediaError } from '../../lib/errors';
import type { Report, ToPage } from '../../lib/messages';

/** Speaks to the page; throws if it has gone, which ends the work. */
export type Say = (message: ToPage) => void;

/**
 * Does what a page asks for and says what came of it; never rejects.
 *
 * @param gone - aborts when the page no longer listens.
 * @param work - yields null where there is nothing to say.
 */
export async function answer(port: Browser.runtime.Port, gone: AbortSignal, work: (say: Say) => Promise<Report | null>): Promise<void> {
  const say: Say = (message) => {
    gone.throwIfAborted();
    port.postMessage(message);
  };
  try {
    const report = await work(say);
    if (report) say({ type: 'report', report });
  } catch (error) {
    if (gone.aborted) return;
    console.error(error);
    port.postMessage({ type: 'failed', ...told(error) } satisfies ToPage);
  }
}

function told(error: unknown): Omit<Extract<ToPage, { type: 'failed' }>, 'type'> {
  if (error instanceof BundleError) return { reason: 'damaged', message: error.message };
  if (error instanceof MediaError) return { reason: error.reason, message: error.message };
  return { reason: 'internal', message: String(error) };
}
