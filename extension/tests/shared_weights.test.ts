/** The weights of TF.js come out of a package as they went into it, though most of them lie in the TFLite file alone. */

import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { REST, SHARED, type SharedWeights, TFLITE, unpackWeights, withSharedWeights } from '../lib/shared_weights';
import { shareWeights } from '../scripts/share_weights';
import { bytesOf, readPackaged } from './packaged_bundle';

const FOLDER = fileURLToPath(new URL('../../edge/unmask_edge/bundle', import.meta.url));

let shared: SharedWeights;
let rest: ArrayBuffer;

beforeAll(async () => {
  const packed = await shareWeights(FOLDER);
  shared = packed.shared;
  rest = new Uint8Array(packed.rest).buffer;
});

/** The packaged bundle as it lies in the extension. */
async function readPacked(path: string): Promise<ArrayBuffer> {
  if (path === SHARED) return bytesOf(JSON.stringify(shared));
  if (path === REST) return rest;
  if (path === shared.path) throw new TypeError('Failed to fetch');
  return readPackaged(path);
}

describe('shared weights', () => {
  it('are rebuilt to the byte', async () => {
    const rebuilt = await withSharedWeights(readPacked)(shared.path);
    expect(Buffer.from(rebuilt).equals(Buffer.from(await readPackaged(shared.path)))).toBe(true);
  });

  it('leave a twentieth to be packed', async () => {
    expect(rest.byteLength).toBeLessThan((await readPackaged(shared.path)).byteLength / 18);
  });

  it('change no other file', async () => {
    const read = withSharedWeights(readPacked);
    for (const path of [TFLITE, 'golden.json']) {
      expect(Buffer.from(await read(path)).equals(Buffer.from(await readPackaged(path)))).toBe(true);
    }
  });

  it.each([[{ rest: 8 }], [{ from: 4, rows: 2, columns: 2 }]])('are refused where %o lies outside its file', (piece) => {
    expect(() => unpackWeights([piece], new ArrayBuffer(4), new ArrayBuffer(8))).toThrow(RangeError);
  });

  it('turn channels that stand first to the last place', () => {
    const channelsFirst = new Uint16Array([0, 1, 2, 10, 11, 12]).buffer;
    const turned = unpackWeights([{ rest: 2 }, { from: 0, rows: 3, columns: 2 }], new Uint16Array([7]).buffer, channelsFirst);
    expect([...new Uint16Array(turned)]).toEqual([7, 0, 10, 1, 11, 2, 12]);
  });
});
