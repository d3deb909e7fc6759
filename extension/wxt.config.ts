import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { compile } from 'json-schema-to-typescript';
import { defineConfig } from 'wxt';
import { REST, SHARED, TFLITE } from './lib/shared_weights.ts';
import { shareWeights } from './scripts/share_weights.ts';

const EDGE = resolve(__dirname, '../edge/unmask_edge');
const MODULES = resolve(__dirname, 'node_modules');
const MADE = resolve(__dirname, '.wxt/bundle');
// One build of each for every browser: LiteRT.js's others use threads or newer instructions, which can be spared, and TF.js's
// is for browsers without SIMD, which are older than those that the extension runs in.
const WASM = [
  '@litertjs/core/wasm/litert_wasm_compat_internal.js',
  '@litertjs/core/wasm/litert_wasm_compat_internal.wasm',
  '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
];

/** Files that the build packs and nobody copies by hand: from where, to which folder or name in the extension. */
async function packedFiles(): Promise<[source: string, destination: string][]> {
  requireFile(join(EDGE, 'bundle/manifest.json'));
  const bundle = ['manifest.json', 'golden.json', 'MODEL_CARD.md', TFLITE, 'tfjs/model.json'];
  await writeSharedWeights();
  const finder = assets().face_finder;
  return [
    ...bundle.map((path): [string, string] => [join(EDGE, 'bundle', path), `bundle/${path}`]),
    ...[SHARED, REST].map((path): [string, string] => [join(MADE, path), `bundle/${path}`]),
    [join(EDGE, 'assets', finder.file), 'face_finder.tflite'],
    [join(EDGE, 'assets', `LICENCE.${finder.package}.txt`), `licences/${finder.package}.txt`],
    [resolve(__dirname, '../LICENSE'), 'licences/unmask.txt'],
    [join(MODULES, 'mediabunny/LICENSE'), 'licences/mediabunny.txt'],
    ...WASM.map((path): [string, string] => [join(MODULES, path), `wasm/${path.split('/').at(-1)}`]),
  ];
}

async function writeSharedWeights(): Promise<void> {
  const { shared, rest } = await shareWeights(join(EDGE, 'bundle'));
  await mkdir(join(MADE, 'tfjs'), { recursive: true });
  await writeFile(join(MADE, SHARED), JSON.stringify(shared));
  await writeFile(join(MADE, REST), rest);
}

function assets(): { face_finder: { file: string; package: string } } {
  return JSON.parse(readFileSync(join(EDGE, 'assets.json'), 'utf-8'));
}

function requireFile(path: string): void {
  if (existsSync(path)) return;
  throw new Error(
    `Expected ${path}. Received: no such file. The model bundle is part of the repository, third-party files are ` +
      'fetched by: python edge/unmask_edge/fetch_assets.py',
  );
}

/** JSON reviver: titles would each become a type of their own, and the compiler knows tuples by their older name. */
function forTypes(key: string, value: unknown): unknown {
  if (key === 'title' && typeof value === 'string') return undefined;
  const tuple = (value as { prefixItems?: unknown } | null)?.prefixItems;
  return tuple ? { ...(value as object), items: tuple } : value;
}

export default defineConfig({
  modules: ['@wxt-dev/i18n/module'],
  outDirTemplate: '{{browser}}-mv{{manifestVersion}}{{modeSuffix}}',
  manifest: ({ browser, mode }) => ({
    name: 'Unmask',
    description: '__MSG_extension_summary__',
    default_locale: 'en',
    permissions: ['activeTab', 'contextMenus', 'scripting', 'storage', ...(browser === 'firefox' ? [] : ['offscreen'])],
    optional_host_permissions: ['http://*/*', 'https://*/*'],
    // A headless browser leaves permissions.request() pending, so the test build has its hosts from the start.
    ...(mode === 'test' && { host_permissions: ['http://127.0.0.1/*', 'https://127.0.0.1/*'] }),
    action: { default_title: '__MSG_extension_button__' },
    commands: {
      'check-video': { suggested_key: { default: 'Alt+Shift+U' }, description: '__MSG_extension_command__' },
    },
    content_security_policy: {
      extension_pages: "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'",
    },
    ...(browser === 'firefox'
      ? {
          browser_specific_settings: {
            gecko: {
              id: 'unmask@unmask.invalid',
              strict_min_version: '140.0',
              data_collection_permissions: { required: ['none'] },
            },
          },
        }
      : { minimum_chrome_version: '123' }),
  }),
  hooks: {
    'prepare:types': async (_wxt, entries) => {
      const schema = await readFile(join(EDGE, 'manifest.schema.json'), 'utf-8');
      entries.push({ path: 'manifest.d.ts', text: await compile(JSON.parse(schema, forTypes), 'Manifest') });
    },
    'build:publicAssets': async (_wxt, files) => {
      for (const [absoluteSrc, relativeDest] of await packedFiles()) {
        requireFile(absoluteSrc);
        files.push({ absoluteSrc, relativeDest });
      }
    },
  },
  // What a store's reviewer needs to build the package again, which reads the model bundle from beside this folder.
  zip: {
    sourcesRoot: resolve(__dirname, '..'),
    excludeSources: ['**'],
    includeSources: ['LICENSE', 'extension/**', 'edge/unmask_edge/{bundle,assets}/**', 'edge/unmask_edge/*.{json,py}', 'tests/golden/**'],
  },
  alias: { '#manifest': '.wxt/manifest.d.ts' },
});
