import type { Bundle } from '../../lib/bundle';
import { loadLiteRtDetector } from '../../lib/litert';

export const load = (bundle: Bundle) => loadLiteRtDetector(bundle, '/wasm/litert_wasm_compat_internal.js');
