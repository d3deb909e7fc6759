/**
 * Runs the packaged detector in each runtime that a browser offers, turn by turn in headless Chromium, and prints medians
 * as a table in Markdown. Without a GPU, WebGL and WebGPU are drawn by the CPU.
 *
 *     npm run build:chromium && node benchmarks/runtimes.mjs [ROUNDS [RUNTIME ...]]
 */

import { join, resolve } from 'node:path';
import puppeteer from 'puppeteer-core';
import { build, preview } from 'vite';
import { machineLoad, memoryMb } from './processes.mjs';

const CHROMIUM = process.env.UNMASK_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-background-networking', '--disable-component-update'];
const SOFTWARE_GPU = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
const RUNTIMES = ['tfjs-wasm', 'tfjs-webgl', 'tfjs-webgpu', 'litert-wasm'];
const LIMIT_MS = 180_000;

const [rounds = '5', ...named] = process.argv.slice(2);
const runtimes = named.length > 0 ? named : RUNTIMES;
const page = {
  root: join(import.meta.dirname, 'runtimes_page'),
  publicDir: resolve(import.meta.dirname, '../.output/chrome-mv3'), // the packed model and wasm files
  build: { outDir: resolve(import.meta.dirname, '../.output/benchmark'), emptyOutDir: true, modulePreload: false },
  logLevel: 'error',
  preview: { host: '127.0.0.1', port: 0 },
};
await build(page);
const server = await preview(page);
const browser = await puppeteer.launch({
  executablePath: CHROMIUM,
  headless: true,
  args: [...FLAGS, ...SOFTWARE_GPU],
  protocolTimeout: LIMIT_MS,
});
const measured = Object.fromEntries(runtimes.map((runtime) => [runtime, []]));
const loads = [machineLoad()];
try {
  for (let round = 0; round < Number(rounds); round++) {
    for (const runtime of runtimes) {
      measured[runtime].push(await measure(runtime).catch((error) => ({ error: String(error) })));
      console.error(runtime, measured[runtime].at(-1));
    }
    loads.push(machineLoad());
  }
} finally {
  await browser.close();
  server.httpServer.close();
}
console.log('| runtime | load, ms | a face, ms | files, MB | memory, MB | furthest from a golden score |\n|---|---|---|---|---|---|');
for (const runtime of runtimes) console.log(row(runtime, measured[runtime]));
console.log(`\n${rounds} rounds; load of the machine ${Math.min(...loads)} to ${Math.max(...loads)}`);

/** In a context of its own, which has nothing in its caches. */
async function measure(runtime) {
  const context = await browser.createBrowserContext();
  try {
    const tab = await context.newPage();
    await tab.goto(`http://127.0.0.1:${server.httpServer.address().port}/`);
    await tab.waitForFunction(() => 'measure' in globalThis);
    const before = memoryMb(browser.process().pid);
    const result = await tab.evaluate((runtime) => globalThis.measure(runtime), runtime);
    return { ...result, memoryMb: memoryMb(browser.process().pid) - before };
  } finally {
    await context.close();
  }
}

function row(runtime, results) {
  const worked = results.filter((result) => !result.error);
  if (worked.length === 0) return `| ${runtime} | does not run here: ${results[0].error} | | | | |`;
  const median = (key) => worked.map((result) => result[key]).sort((a, b) => a - b)[worked.length >> 1];
  const cells = [median('loadMs').toFixed(0), median('faceMs').toFixed(1), (median('bytes') / 1e6).toFixed(1), median('memoryMb').toFixed(0)];
  return `| ${runtime} | ${cells.join(' | ')} | ${Math.max(...worked.map((result) => result.difference)).toExponential(1)} |`;
}
