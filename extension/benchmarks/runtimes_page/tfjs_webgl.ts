import '@tensorflow/tfjs-backend-webgl';
import type { Bundle } from '../../lib/bundle';
import { loadOn } from '../../lib/tfjs_net';

export const load = (bundle: Bundle) => loadOn('webgl', bundle);
