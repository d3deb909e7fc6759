/**
 * Takes the pictures that the stores show, 1280 x 800 px: badge, panel, popup, settings and history over a page with a clip.
 *
 *     npm run screenshots -- CLIP FOLDER
 */

import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import puppeteer from 'puppeteer-core';
import { serve } from './serve.mjs';

const CHROMIUM = process.env.UNMASK_CHROMIUM ?? '/usr/bin/chromium';
const EXTENSION = resolve(import.meta.dirname, '../.output/chrome-mv3-test');
const SIZE = { width: 1280, height: 800 };
const VERDICT_LIMIT_MS = 180_000;
const STYLE = `body { margin: 0 auto; max-width: 1100px; padding: 24px; font: 17px/1.5 system-ui, sans-serif }
  video { width: 860px; max-height: 560px; background: #000 }`;
const PAGE = `<title>Evening news</title><style>${STYLE}</style><h1>Evening news</h1>
  <video src="clip" muted controls preload="auto"></video>`;

async function openPage(browser, url) {
  const page = await browser.newPage();
  await page.setViewport(SIZE);
  await page.goto(url);
  return page;
}

/** The popup's picture, laid over the page's upper right corner, where browsers open it. */
async function takePopup(browser, page, tab, extensionUrl, path) {
  const popup = await browser.newPage();
  await popup.setViewport({ width: 340, height: 700 });
  await popup.evaluateOnNewDocument((opened) => (chrome.tabs.query = async () => [opened]), tab);
  await popup.goto(`${extensionUrl}popup.html`);
  await popup.waitForSelector('.videos [data-state]');
  const { height } = await (await popup.$('body')).boundingBox();
  const picture = await popup.screenshot({ encoding: 'base64', clip: { x: 0, y: 0, width: 340, height } });
  await popup.close();
  await page.bringToFront();
  await page.evaluate((data) => {
    const style = 'position: fixed; top: 8px; right: 24px; border-radius: 12px; box-shadow: 0 6px 24px rgb(0 0 0 / 40%)';
    document.body.append(Object.assign(new Image(), { src: `data:image/png;base64,${data}`, style }));
  }, picture);
  await page.screenshot({ path });
}

const [clip, folder] = process.argv.slice(2);
if (!clip || !folder) throw new Error('Expected a clip and a folder. Received: fewer.');
mkdirSync(folder, { recursive: true });
const server = await serve({ '/': PAGE }, { '/clip': clip });
const browser = await puppeteer.launch({
  executablePath: CHROMIUM,
  headless: true,
  args: ['--no-sandbox', '--disable-quic', `--disable-extensions-except=${EXTENSION}`, `--load-extension=${EXTENSION}`],
});
try {
  const target = await browser.waitForTarget((found) => found.type() === 'service_worker');
  const worker = await target.worker();
  await worker.evaluate(() => chrome.storage.local.set({ history: true }));
  const page = await openPage(browser, `http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction(() => document.querySelector('video').readyState >= 2);
  await page.bringToFront();
  const tab = await worker.evaluate(async () => {
    const [tab] = await chrome.tabs.query({ active: true });
    chrome.commands.onCommand.dispatch('check-video', tab);
    return tab;
  });
  // `visible` looks again and again: what changes in a shadow tree is not told outside it.
  const summary = await page.waitForSelector('unmask-badge >>> summary', { visible: true, timeout: VERDICT_LIMIT_MS });
  await page.screenshot({ path: join(folder, '1-badge.png') });
  await summary.click();
  await page.waitForSelector('unmask-badge >>> figure canvas', { visible: true });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await page.screenshot({ path: join(folder, '2-panel.png') });
  await summary.click();
  const extensionUrl = target.url().replace('background.js', '');
  await takePopup(browser, page, tab, extensionUrl, join(folder, '3-popup.png'));
  for (const [k, name] of ['options', 'results'].entries()) {
    const own = await openPage(browser, `${extensionUrl}${name}.html`);
    await own.waitForSelector('main');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await own.screenshot({ path: join(folder, `${k + 4}-${name}.png`) });
  }
} finally {
  await browser.close();
  server.close();
}
