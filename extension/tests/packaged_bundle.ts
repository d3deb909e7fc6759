/** The packaged bundle as tests read it, whole or with some of its files changed. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Manifest } from '#manifest';
import packaged from '../../edge/unmask_edge/bundle/manifest.json';
import type { ReadFile } from '../lib/bundle';

const FOLDER = fileURLToPath(new URL('../../edge/unmask_edge/bundle/', import.meta.url));

/** Content of a file of the packaged bundle. */
export async function readPackaged(path: string): Promise<ArrayBuffer> {
  return new Uint8Array(await readFile(FOLDER + path)).buffer;
}

/** A copy with one bit changed in the middle. */
export function flipped(content: ArrayBuffer): ArrayBuffer {
  const bytes = new Uint8Array(content.slice(0));
  bytes[bytes.length >> 1]! ^= 1;
  return bytes.buffer;
}

export function bytesOf(text: string): ArrayBuffer {
  return new TextEncoder().encode(text).buffer as ArrayBuffer;
}

/** Reads the packaged bundle with one file of other content, or, for null, without it: damaged. */
export function replacing(path: string, content: ArrayBuffer | null): ReadFile {
  return async (asked) => {
    if (asked !== path) return readPackaged(asked);
    if (content === null) throw new TypeError('Failed to fetch');
    return content;
  };
}

/** Reads the packaged bundle with one file of other content, which its manifest states: intact, but foreign. */
export function restating(path: string, content: string): ReadFile {
  const changed = bytesOf(content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const files = packaged.files.map((file) => {
    return file.path === path ? { path, size_bytes: changed.byteLength, sha256 } : file;
  });
  const read = replacing('manifest.json', bytesOf(JSON.stringify({ ...packaged, files })));
  return (asked) => (asked === path ? Promise.resolve(changed) : read(asked));
}

/** Reads the packaged bundle with other fields in its manifest. */
export function stating(fields: Partial<Manifest>): ReadFile {
  return replacing('manifest.json', bytesOf(JSON.stringify({ ...packaged, ...fields })));
}
