/** What the offscreen document tells a page whose video it cannot check. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { check } from '../entrypoints/offscreen/check';
import type { Detector } from '../lib/detector';
import { BundleError } from '../lib/errors';
import type { ToAnalyst, ToPage } from '../lib/messages';

beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));
afterEach(() => vi.restoreAllMocks());

/** What is posted to a page that asks for a check while the detector cannot be loaded. */
async function told(error: unknown): Promise<ToPage[]> {
  const request: ToAnalyst = { type: 'check', kind: 'video', src: null, path: 'clip' };
  const messages = new ReadableStream<ToAnalyst>({ start: (controller) => controller.enqueue(request) }).getReader();
  const posted: ToPage[] = [];
  const port = { postMessage: (message: ToPage) => posted.push(message) } as unknown as Browser.runtime.Port;
  const loading = Promise.reject<Detector>(error);
  await check(port, { messages, gone: new AbortController().signal }, loading);
  return posted;
}

it('names a damaged bundle with its cause', async () => {
  const message = 'Expected golden.json with sha256 1. Received: 2.';
  expect(await told(new BundleError(message))).toEqual([{ type: 'failed', reason: 'damaged', message }]);
});

it('tells other faults from that', async () => {
  const failed = { type: 'failed', reason: 'internal', message: 'TypeError: x is undefined' };
  expect(await told(new TypeError('x is undefined'))).toEqual([failed]);
});
