/** Opens a model bundle: checks its manifest, hands out its files after checking their sha256. */

import { Validator } from '@cfworker/json-schema';
import type { Manifest } from '#manifest';
import schema from '../../edge/unmask_edge/manifest.schema.json';
import { BundleError } from './errors';

const SCHEMA_VERSION = schema.properties.schema_version.const;

/** Reads a packed file by its path; rejects if there is none. */
export type ReadFile = (path: string) => Promise<ArrayBuffer>;

/** A bundle folder whose manifest has been validated. */
export class Bundle {
  private constructor(
    private readonly read: ReadFile,
    readonly manifest: Manifest,
  ) {}

  /** Reads and validates `manifest.json`; rejects with `BundleError`. */
  static async open(read: ReadFile): Promise<Bundle> {
    return new Bundle(read, parseManifest(parseJson(await readPresent(read, 'manifest.json'), 'manifest.json')));
  }

  /** Content of a listed file, after its size and sha256 were found to be the manifest's; rejects with `BundleError`. */
  async file(path: string): Promise<ArrayBuffer> {
    const listed = this.manifest.files.find((file) => file.path === path);
    if (!listed) throw new BundleError(`Expected one of the files that the manifest lists. Received: ${path}.`);
    const content = await readPresent(this.read, path);
    if (content.byteLength !== listed.size_bytes) {
      throw new BundleError(`Expected ${path} of ${listed.size_bytes} bytes. Received: ${content.byteLength} bytes.`);
    }
    return withSha256(content, listed.sha256, path);
  }

  /** Content of a listed JSON file; rejects with `BundleError`. */
  async json(path: string): Promise<unknown> {
    return parseJson(await this.file(path), path);
  }
}

/** Content of a packed file; rejects with `BundleError` if it is missing. */
export async function readPresent(read: ReadFile, path: string): Promise<ArrayBuffer> {
  return read(path).catch((error) => {
    throw new BundleError(`Expected the file ${path} in the extension. Received: ${error}`);
  });
}

/** The manifest, if it follows `manifest.schema.json`; throws `BundleError` if not. */
export function parseManifest(content: unknown): Manifest {
  const version = (content as { schema_version?: unknown } | null)?.schema_version;
  if (version !== SCHEMA_VERSION) {
    throw new BundleError(`Expected a manifest of schema version ${SCHEMA_VERSION}. Received: ${version}.`);
  }
  const { valid, errors } = new Validator(schema as object, '2020-12').validate(content);
  if (!valid) {
    const received = errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`).join(' ');
    throw new BundleError(`Expected a manifest that follows manifest.schema.json. Received: ${received}`);
  }
  const manifest = content as Manifest;
  const { likely_authentic_below: below, likely_manipulated_from: from } = manifest.bands;
  if (below > from) {
    throw new BundleError(`Expected likely_authentic_below <= likely_manipulated_from. Received: ${below} > ${from}.`);
  }
  return manifest;
}

function parseJson(content: ArrayBuffer, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch (error) {
    throw new BundleError(`Expected ${path} to be JSON. Received: ${error}`);
  }
}

/** The content, if its sha256 is the stated one. */
export async function withSha256(content: ArrayBuffer, sha256: string, name: string): Promise<ArrayBuffer> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  const received = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (received !== sha256) throw new BundleError(`Expected ${name} with sha256 ${sha256}. Received: ${received}.`);
  return content;
}
