/** TF.js opens the packaged detector by wasm, and no net that is not what its manifest and golden vectors say. */

import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import golden from '../../edge/unmask_edge/bundle/golden.json';
import packaged from '../../edge/unmask_edge/bundle/manifest.json';
import model from '../../edge/unmask_edge/bundle/tfjs/model.json';
import { Bundle, type ReadFile } from '../lib/bundle';
import { BundleError } from '../lib/errors';
import { loadTfjsNet } from '../lib/tfjs';
import { flipped, readPackaged, replacing, restating, stating } from './packaged_bundle';

const WASM_FOLDER = fileURLToPath(new URL('../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url));
const MODEL = 'tfjs/model.json';
const WEIGHTS = 'tfjs/group1-shard1of1.bin';
const { input, outputs } = packaged as unknown as import('#manifest').Manifest;

async function opened(read: ReadFile) {
  return loadTfjsNet(await Bundle.open(read), WASM_FOLDER);
}

/** The packaged graph model after a change. */
function changed(change: (content: any) => void): string {
  const content = structuredClone(model);
  change(content);
  return JSON.stringify(content);
}

function renameConvolution(node: { op: string }): void {
  if (node.op === '_FusedConv2D') node.op = 'Unheard';
}

// Node has no document, in which WebGL would be looked for.
beforeAll(() => void vi.stubGlobal('document', { createElement: () => ({ getContext: () => null }) }));

describe('the detector', () => {
  it('is opened as packaged', async () => {
    const net = await opened(readPackaged);
    expect(net.runtime).toBe('tfjs-wasm');
    const shapes = (await net.run(new Float32Array(224 * 224 * 3), [1, 224, 224, 3])).map(({ shape }) => shape);
    expect(shapes).toContainEqual([1, 1]);
  }, 30_000); // it scores each golden vector

  it.each<[string, () => Promise<ReadFile>, RegExp]>([
    ['missing', async () => replacing(MODEL, null), /^Expected the file tfjs.model.json in the extension/],
    ['without its weights', async () => replacing(WEIGHTS, null), /^Expected the file tfjs.group1-shard1of1.bin in the/],
    [
      'with a flipped byte in its weights',
      async () => replacing(WEIGHTS, flipped(await readPackaged(WEIGHTS))),
      /^Expected tfjs.group1-shard1of1.bin with sha256/,
    ],
    ['without golden vectors', async () => replacing('golden.json', null), /^Expected the file golden.json in the/],
    ['with golden vectors that are no JSON', async () => restating('golden.json', '{"crops": ['), /^Expected golden.json to be JSON/],
    ['with no golden vector', async () => restating('golden.json', '{"crops": []}'), /^Expected golden vectors in golden.json/],
    [
      'with golden vectors of other formats',
      async () => restating('golden.json', JSON.stringify({ crops: [{ ...golden.crops[0], scores: { int8: 0.5 } }] })),
      /^Expected golden vectors in golden.json. Received: .*tfjs/,
    ],
    [
      'with other golden scores',
      async () => restating('golden.json', JSON.stringify({ crops: [{ ...golden.crops[0], scores: { tfjs: 2 } }] })),
      /^Expected a golden score of 2 on tfjs-wasm. Received: 0/,
    ],
    ['that is no JSON', async () => restating(MODEL, '{"modelTopology": '), /^Expected tfjs.model.json to be JSON/],
    ['that is null', async () => restating(MODEL, 'null'), /^Expected tfjs.model.json to be a model that TF.js can run/],
    ['that is empty', async () => restating(MODEL, '{}'), /^Expected tfjs.model.json to be a model that TF.js can run/],
    [
      'that lists no weights',
      async () => restating(MODEL, changed((content) => delete content.weightsManifest)),
      /^Expected tfjs.model.json to be a model that TF.js can run/,
    ],
    [
      'whose weights are no list',
      async () => restating(MODEL, changed((content) => (content.weightsManifest = {}))),
      /^Expected tfjs.model.json to be a model that TF.js can run/,
    ],
    [
      'with an operation that there is not',
      async () => restating(MODEL, changed((content) => content.modelTopology.node.forEach(renameConvolution))),
      /^Expected a model that tfjs-wasm can run. Received: /,
    ],
    [
      'whose weights leave the bundle',
      async () => restating(MODEL, changed((content) => (content.weightsManifest[0].paths = ['../../secret.bin']))),
      /^Expected one of the files that the manifest lists. Received: tfjs.\.\..\.\..secret.bin/,
    ],
    [
      'with another input shape',
      async () => stating({ input: { ...input, height_px: 96 } }),
      /^Expected a model with input \[1,96,224,3\] float32. Received: \[1,224,224,3\] float32/,
    ],
    [
      'with another region map',
      async () => stating({ outputs: { ...outputs, region_map_shape: [1, 5, 5, 1] } }),
      /^Expected one output of shape \[1,5,5,1\]. Received: .*\[1,14,14,1\]/,
    ],
  ])('is refused %s', async (_name, read, message) => {
    const refusal: unknown = await opened(await read()).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(BundleError);
    expect((refusal as BundleError).message).toMatch(message);
  });
});
