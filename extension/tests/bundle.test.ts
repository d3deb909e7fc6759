/** The packaged bundle is read as its manifest says; a damaged or foreign one is refused. */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '#manifest';
import packaged from '../../edge/unmask_edge/bundle/manifest.json';
import assets from '../../edge/unmask_edge/assets.json';
import { Bundle, parseManifest, withSha256 } from '../lib/bundle';
import { BundleError } from '../lib/errors';

const FOLDER = fileURLToPath(new URL('../../edge/unmask_edge/bundle/', import.meta.url));

async function readPackaged(path: string): Promise<ArrayBuffer> {
  return new Uint8Array(await readFile(FOLDER + path)).buffer;
}

/** A copy of the packaged manifest after a change. */
function changed(change: (manifest: Manifest) => void): unknown {
  const manifest = structuredClone(packaged) as unknown as Manifest;
  change(manifest);
  return manifest;
}

describe('manifest', () => {
  it('is accepted as packaged', () => {
    expect(parseManifest(packaged)).toEqual(packaged);
  });

  it.each([undefined, null, [], { ...packaged, schema_version: 2 }, { ...packaged, schema_version: '1' }])(
    'is refused with an unknown schema version (case %#)',
    (content) => {
      expect(() => parseManifest(content)).toThrow(/Expected a manifest of schema version 1. Received/);
    },
  );

  it.each<[string, (manifest: Manifest) => void]>([
    ['a missing field', (manifest) => delete (manifest as Partial<Manifest>).temperature],
    ['a missing nested field', (manifest) => delete (manifest.crop as Partial<Manifest['crop']>).scale],
    ['an extra field', (manifest) => Object.assign(manifest, { comment: '' })],
    ['an extra nested field', (manifest) => Object.assign(manifest.bands, { comment: '' })],
    ['a number out of range', (manifest) => (manifest.temperature = 0)],
    ['an unknown rule', (manifest) => Object.assign(manifest.sampling, { rule: 'random' })],
    ['a path that leaves the bundle', (manifest) => (manifest.files[0]!.path = '../secret')],
    ['an unknown format', (manifest) => Object.assign(manifest.models, { onnx: manifest.models.tfjs })],
  ])('is refused with %s', (_name, change) => {
    expect(() => parseManifest(changed(change))).toThrow(/follows manifest.schema.json. Received/);
  });

  it('is refused with bands out of order', () => {
    const swap = (manifest: Manifest) => Object.assign(manifest.bands, { likely_authentic_below: 0.9, likely_manipulated_from: 0.1 });
    expect(() => parseManifest(changed(swap))).toThrow(/Expected likely_authentic_below <= likely_manipulated_from/);
  });

  it('names the face finder that set-up fetches', () => {
    expect(packaged.face_finder.sha256).toBe(assets.face_finder.sha256);
  });
});

describe('files', () => {
  it('are handed out where they are what the manifest says', async () => {
    const bundle = await Bundle.open(readPackaged);
    expect(await bundle.json('golden.json')).toHaveProperty('crops');
  });

  it('are refused where they are not listed', async () => {
    const bundle = await Bundle.open(readPackaged);
    await expect(bundle.file('other.bin')).rejects.toThrow(BundleError);
  });

  it('are refused where they were altered', async () => {
    const altered = new Uint8Array([1, 2, 3]).buffer;
    const bundle = await Bundle.open(async (path) => (path === 'manifest.json' ? readPackaged(path) : altered));
    await expect(bundle.file('golden.json')).rejects.toThrow(/Expected golden.json with sha256/);
    await expect(withSha256(altered, '0'.repeat(64), 'it')).rejects.toThrow(BundleError);
  });
});
