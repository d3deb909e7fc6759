/** The packaged bundle is read as its manifest says; a damaged or foreign one is refused. */

import { describe, expect, it } from 'vitest';
import type { Manifest } from '#manifest';
import packaged from '../../edge/unmask_edge/bundle/manifest.json';
import assets from '../../edge/unmask_edge/assets.json';
import { Bundle, parseManifest, withSha256 } from '../lib/bundle';
import { BundleError } from '../lib/errors';
import { bytesOf, flipped, readPackaged, replacing } from './packaged_bundle';

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

  it.each([undefined, null, [], { ...packaged, schema_version: 3 }, { ...packaged, schema_version: '1' }])(
    'is refused with an unknown schema version (case %#)',
    (content) => {
      expect(() => parseManifest(content)).toThrow(/Expected a manifest of schema version 2. Received/);
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

  it.each(['other.bin', 'tfjs/../manifest.json', '../assets.json'])('are refused where they are not listed: %s', async (path) => {
    const bundle = await Bundle.open(readPackaged);
    await expect(bundle.file(path)).rejects.toThrow(BundleError);
  });

  it('are refused with a flipped byte', async () => {
    const bundle = await Bundle.open(replacing('golden.json', flipped(await readPackaged('golden.json'))));
    await expect(bundle.file('golden.json')).rejects.toThrow(/^Expected golden.json with sha256 \w{64}. Received: \w{64}.$/);
    await expect(bundle.file('golden.json')).rejects.toThrow(BundleError);
    await expect(withSha256(new ArrayBuffer(3), '0'.repeat(64), 'it')).rejects.toThrow(BundleError);
  });

  it('are refused where they were cut short', async () => {
    const bundle = await Bundle.open(replacing('golden.json', (await readPackaged('golden.json')).slice(1)));
    await expect(bundle.file('golden.json')).rejects.toThrow(/^Expected golden.json of \d+ bytes. Received: \d+ bytes.$/);
  });

  it('are refused where they are missing', async () => {
    const bundle = await Bundle.open(replacing('golden.json', null));
    await expect(bundle.file('golden.json')).rejects.toThrow(/^Expected the file golden.json in the extension. Received: /);
    await expect(bundle.file('golden.json')).rejects.toThrow(BundleError);
  });
});

describe('a bundle', () => {
  it.each<[string, ArrayBuffer | null, RegExp]>([
    ['is missing', null, /^Expected the file manifest.json in the extension. Received: /],
    ['is no JSON', bytesOf('{'), /^Expected manifest.json to be JSON. Received: /],
    ['is of a future version', bytesOf('{"schema_version": 3}'), /^Expected a manifest of schema version 2. Received: 3.$/],
  ])('is refused where its manifest %s', async (_name, content, message) => {
    const opening = Bundle.open(replacing('manifest.json', content));
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toThrow(BundleError);
  });
});
