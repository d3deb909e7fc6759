/**
 * Measures the extension as it is used, in headless Chromium, and prints each number beside its goal as a table in
 * Markdown: click to verdict with each runtime, the page's longest task meanwhile, memory over checks in a row, frames that a
 * feed of videos drops, and the CPU time of watching. What is compared is measured turn by turn. A 0 leaves its part out:
 * clicks, memory, watching.
 *
 *     npm run build:test && node benchmarks/use.mjs CLIP [ROUNDS [CHECKS [WATCH_S]]]
 *
 * The clip of the published table:
 *
 *     ffmpeg -loop 1 -r 25 -i ../edge/unmask_edge/assets/astronaut.png -t 10 -vf \
 *         "scale=720:720,pad=1280:720:280:0,noise=alls=8:allf=t" -pix_fmt yuv420p -g 50 clip.mp4
 */

import { resolve } from 'node:path';
import puppeteer from 'puppeteer-core';
import { serve } from '../scripts/serve.mjs';
import { cpuS, machineLoad, memoryByKindMb } from './processes.mjs';

const CHROMIUM = process.env.UNMASK_CHROMIUM ?? '/usr/bin/chromium';
const EXTENSION = resolve(import.meta.dirname, '../.output/chrome-mv3-test');
const FLAGS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  `--disable-extensions-except=${EXTENSION}`,
  `--load-extension=${EXTENSION}`,
];
const LIMIT_MS = 180_000;
const RUNTIMES = ['tfjs', 'litert'];
const FEED = 200;
const FEED_S = 20;
const FRAME_MS = 1000 / 60;
const PAGES = {
  '/file': '<video src="clip" width="960" muted></video>',
  '/playing': '<video src="clip" width="960" muted autoplay loop></video>',
  '/text': '<p>Words.</p>',
  // As feeds do: what leaves the window gives its player's memory back.
  '/feed': `<style>video { display: block; width: 480px; height: 270px; margin: 40px auto; background: #000 }</style><script>
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) target.src = 'clip?' + target.dataset.number;
        else target.removeAttribute('src'), target.load();
      }
    });
    for (let k = 0; k < ${FEED}; k++) {
      const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true, loop: true });
      video.dataset.number = k;
      document.body.append(video);
      observer.observe(video);
    }
  </script>`,
};

const [clip, rounds = 5, checks = 100, watchS = 30] = process.argv.slice(2).map((value, k) => (k ? Number(value) : value));
if (!clip) throw new Error('Expected the path of a clip. Received: none.');
const loads = [machineLoad()];
const server = await serve(PAGES, { '/clip': clip });
const origin = `http://127.0.0.1:${server.address().port}`;
const browser = await puppeteer.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS, protocolTimeout: LIMIT_MS });
const root = browser.process().pid;
try {
  const own = await openOwn(browser);
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 800 });
  if (rounds > 0) await measureClicks(own, page);
  if (checks > 0) await measureMemory(own, page);
  if (watchS > 0) await measureWatching(own, page);
} finally {
  await browser.close();
  server.close();
}
console.log(`\n${rounds} rounds; load of the machine ${Math.min(...loads)} to ${Math.max(...loads)}`);

async function measureClicks(own, page) {
  const clicks = Object.fromEntries(RUNTIMES.map((runtime) => [runtime, []]));
  for (let round = 0; round < rounds; round++) {
    for (const runtime of round % 2 ? RUNTIMES.toReversed() : RUNTIMES) clicks[runtime].push(await coldAndWarm(own, page, runtime));
    loads.push(machineLoad());
  }
  print('what', 'goal', ...RUNTIMES);
  print('---', '---', ...RUNTIMES.map(() => '---'));
  const row = (what, goal, key, digits) => print(what, goal, ...RUNTIMES.map((runtime) => median(clicks[runtime], key).toFixed(digits)));
  row('click to verdict, cold, s', 4, 'coldS', 1);
  row('of a core, s', '', 'coldCoreS', 1);
  row('click to verdict, warm, 16 frames, s', '', 'warmS', 1);
  row('of a core, s', '', 'warmCoreS', 1);
  row('click to the eighth frame scored, warm, s', 1.5, 'eighthS', 1);
  row('longest task of the page, ms', 50, 'longestMs', 0);
}

/** Of the whole browser, as it is and once its engine has freed what nothing uses, and which of its processes have grown. */
async function measureMemory(own, page) {
  await open(page, '/file');
  for (let k = 0; k < Math.ceil(checks / 20); k++) await check(own);
  await collectGarbage(own, page);
  const before = memoryByKindMb(root);
  for (let k = 0; k < checks; k++) await check(own);
  print(`memory after ${checks} checks in a row, MB more`, 20, grown(before));
  await collectGarbage(own, page);
  print('without garbage', '', grown(before));
  loads.push(machineLoad());
}

/** By how much, in MB, and which kinds of processes by a MB or more. */
function grown(before) {
  const after = memoryByKindMb(root);
  const changes = Object.keys(after).map((kind) => [kind, after[kind] - (before[kind] ?? 0)]);
  const total = changes.reduce((sum, [, mb]) => sum + mb, 0);
  const large = changes.filter(([, mb]) => Math.abs(mb) >= 1).map(([kind, mb]) => `${kind} ${mb.toFixed(0)}`);
  return `${total.toFixed(1)} (${large.join(', ')})`;
}

/** Of all documents of the extension, which share an engine, and of a page. */
async function collectGarbage(...pages) {
  for (const page of pages) {
    const session = await page.createCDPSession();
    await session.send('HeapProfiler.collectGarbage');
    await session.detach();
  }
}

async function measureWatching(own, page) {
  const feeds = { without: [], 'with it watching': [] };
  const shares = { without: [], watching: [], 'watching, no video': [] };
  for (let round = 0; round < Math.max(1, Math.min(rounds, 3)); round++) {
    feeds.without.push(await droppedOfFeed(own, page, []));
    feeds['with it watching'].push(await droppedOfFeed(own, page, ['127.0.0.1']));
    shares.without.push(await coreShare(own, page, '/playing', []));
    shares.watching.push(await coreShare(own, page, '/playing', ['127.0.0.1']));
    shares['watching, no video'].push(await coreShare(own, page, '/text', ['127.0.0.1']));
    loads.push(machineLoad());
  }
  for (const [name, dropped] of Object.entries(feeds)) print(`feed of ${FEED} videos, ${name}: frames dropped, %`, '', (100 * median(dropped)).toFixed(1));
  for (const [name, taken] of Object.entries(shares)) print(`CPU of the browser, ${name}, % of a core`, '', (100 * median(taken)).toFixed(1));
}

/** A page of the extension, from which it is steered: Chromium stops the worker when that has had nothing to do for a while. */
async function openOwn(browser) {
  const worker = await browser.waitForTarget((target) => target.type() === 'service_worker');
  const own = await browser.newPage();
  await own.goto(new URL('/results.html', worker.url()).href);
  await own.evaluate(() => {
    chrome.runtime.onMessage.addListener((message) => void (message.type === 'checked' && globalThis.tellVerdict?.()));
  });
  return own;
}

/** A check that has to load the runtime, and the next one. */
async function coldAndWarm(own, page, runtime) {
  await own.evaluate(async (runtime) => {
    await chrome.storage.local.set({ runtime, watchSites: [] });
    if (await chrome.offscreen.hasDocument()) await chrome.offscreen.closeDocument();
  }, runtime);
  await open(page, '/file');
  await page.evaluate(() => {
    globalThis.tasks = [0];
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask' });
  });
  const [coldS, coldCoreS] = await check(own);
  await page.evaluate(() => {
    const startMs = performance.now();
    const wait = setInterval(() => {
      const shown = document.querySelector('unmask-badge')?.shadowRoot.querySelector('progress')?.value ?? 0;
      if (shown < 8) return;
      clearInterval(wait);
      globalThis.eighthS = (performance.now() - startMs) / 1000;
    }, 5);
  });
  const [warmS, warmCoreS] = await check(own);
  const { eighthS, tasks } = await page.evaluate(() => ({ eighthS: globalThis.eighthS ?? NaN, tasks: globalThis.tasks }));
  return { coldS, coldCoreS, warmS, warmCoreS, eighthS, longestMs: Math.max(...tasks) };
}

async function open(page, path) {
  await page.goto(origin + path);
  await page.waitForFunction(() => [...document.querySelectorAll('video[src="clip"]')].every((video) => video.readyState >= 2));
  await page.bringToFront();
}

/** From the shortcut to the verdict, in s, and what the browser took of a core meanwhile, in s. */
async function check(own) {
  const startMs = performance.now();
  const startCoreS = cpuS(root);
  await own.evaluate(async () => {
    const verdict = new Promise((resolve) => (globalThis.tellVerdict = resolve));
    const [tab] = await chrome.tabs.query({ active: true });
    await Promise.all([verdict, chrome.runtime.sendMessage({ type: 'check_tab', tabId: tab.id })]);
  });
  return [(performance.now() - startMs) / 1000, cpuS(root) - startCoreS];
}

/** Share of a screen's frames that a feed does not draw while it is scrolled through. */
async function droppedOfFeed(own, page, watchSites) {
  await watch(own, watchSites);
  await open(page, '/feed');
  return page.evaluate(
    (seconds, frameMs) =>
      new Promise((resolve) => {
        const height = document.body.scrollHeight - innerHeight;
        const startMs = performance.now();
        let drawn = 0;
        const draw = (nowMs) => {
          const share = (nowMs - startMs) / (seconds * 1000);
          if (share >= 1) return resolve(Math.max(0, 1 - drawn / ((nowMs - startMs) / frameMs)));
          drawn += 1;
          scrollTo(0, share * height);
          requestAnimationFrame(draw);
        };
        requestAnimationFrame(draw);
      }),
    FEED_S,
    FRAME_MS,
  );
}

/** CPU time of the browser over a while, as a share of one core. */
async function coreShare(own, page, path, watchSites) {
  await watch(own, watchSites);
  await open(page, path);
  if (watchSites.length > 0) await new Promise((resolve) => setTimeout(resolve, 5000)); // the detector loads
  const before = cpuS(root);
  await new Promise((resolve) => setTimeout(resolve, watchS * 1000));
  return (cpuS(root) - before) / watchS;
}

/** Sets the watched sites, and waits until the browser knows. */
async function watch(own, watchSites) {
  await own.evaluate(async (watchSites) => {
    await chrome.storage.local.set({ watchSites });
    const registered = async () => (await chrome.scripting.getRegisteredContentScripts()).length;
    while ((await registered()) !== Number(watchSites.length > 0)) await new Promise((resolve) => setTimeout(resolve, 50));
  }, watchSites);
}

function median(rows, key) {
  return rows.map((row) => (key ? row[key] : row)).sort((a, b) => a - b)[rows.length >> 1];
}

function print(...cells) {
  console.log(`| ${cells.join(' | ')} |`);
}
