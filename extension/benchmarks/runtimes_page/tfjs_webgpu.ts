import '@tensorflow/tfjs-backend-webgpu';
import type { Bundle } from '../../lib/bundle';
import { loadOn } from '../../lib/tfjs_net';

export const load = (bundle: Bundle) => loadOn('webgpu', bundle);
