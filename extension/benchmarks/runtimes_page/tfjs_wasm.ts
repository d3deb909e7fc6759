import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { env } from '@tensorflow/tfjs-core';
import type { Bundle } from '../../lib/bundle';
import { loadOn } from '../../lib/tfjs_net';

export function load(bundle: Bundle) {
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // as in the extension
  setWasmPaths('/wasm/');
  return loadOn('wasm', bundle);
}
