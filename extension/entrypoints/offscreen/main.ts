/**
 * Runs one check or hand-over a connection, and reports when there has been nothing to do for a while. Checks that a user
 * waits for run one after the other; so do, beside them, those that nobody waits for, and videos for the companion.
 */

import { Bundle, readPresent, withSha256 } from '../../lib/bundle';
import { Detector } from '../../lib/detector';
import { loadLiteRtDetector, loadLiteRtNet } from '../../lib/litert';
import type { Port, ToBackground } from '../../lib/messages';
import type { Runtime } from '../../lib/settings';
import { withSharedWeights } from '../../lib/shared_weights';
import { hasRealGpu, loadTfjsNet } from '../../lib/tfjs';
import { check } from './check';
import { handOver } from './hand_over';
import { type Incoming, receive } from './receive';

// Loading takes a second or two and holds some 100 MB: worth keeping for the next click, not for the day.
const IDLE_AFTER_MS = 60_000;
const LITERT = packed('/wasm/litert_wasm_compat_internal.js');

const last: Record<Port, Promise<void>> = {
  check: Promise.resolve(),
  watch: Promise.resolve(),
  companion: Promise.resolve(),
};
let connections = 0;
let idleTimer: ReturnType<typeof setTimeout> | undefined;

const detector = loadDetector();
detector.catch(console.error); // each check also tells it to its page
rest();

browser.runtime.onConnect.addListener((port) => {
  const name = port.name as Port;
  if (!(name in last)) return;
  clearTimeout(idleTimer);
  connections += 1;
  const incoming = receive(port);
  last[name] = last[name].then(() => work(name, port, incoming)).finally(() => {
    connections -= 1;
    if (connections === 0) rest();
  });
});

function work(name: Port, port: Browser.runtime.Port, incoming: Incoming): Promise<void> {
  return name === 'companion' ? handOver(port, incoming) : check(port, incoming, detector);
}

function rest(): void {
  idleTimer = setTimeout(() => void browser.runtime.sendMessage({ type: 'idle' } satisfies ToBackground), IDLE_AFTER_MS);
}

async function loadDetector(): Promise<Detector> {
  const bundle = await Bundle.open(withSharedWeights((path) => readPacked(`/bundle/${path}`)));
  const { sha256 } = bundle.manifest.face_finder;
  const finderFile = await withSha256(await readPresent(readPacked, '/face_finder.tflite'), sha256, 'the face finder');
  const finder = await loadLiteRtNet(finderFile, LITERT);
  const runtime = new URLSearchParams(location.search).get('runtime') as Runtime;
  // By extension/README.md's table LiteRT.js is the faster one where TF.js has no GPU.
  const isLiteRt = runtime === 'litert' || (runtime === 'auto' && !hasRealGpu());
  const net = isLiteRt ? loadLiteRtDetector(bundle, LITERT) : loadTfjsNet(bundle, packed('/wasm/'));
  return new Detector(bundle.manifest, finder, await net);
}

async function readPacked(path: string): Promise<ArrayBuffer> {
  return (await fetch(packed(path))).arrayBuffer();
}

function packed(path: string): string {
  return new URL(path, location.origin).href;
}
