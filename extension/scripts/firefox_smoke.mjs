/**
 * Gives the check's shortcut in headless Firefox on two pages with a clip, one of which plays it from a `blob:` address
 * that only the page can read. Prints what the badge says; fails where it gives no verdict.
 *
 *     npm run test:firefox -- CLIP
 */

import { createServer } from 'node:http';
import { createReadStream, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import puppeteer from 'puppeteer-core';

const FIREFOX = process.env.UNMASK_FIREFOX ?? '/usr/bin/firefox-esr';
const EXTENSION = resolve(import.meta.dirname, '../.output/firefox-mv3');
const TYPES = { '.mp4': 'video/mp4', '.webm': 'video/webm' };
const VERDICT_LIMIT_MS = 60_000;

const PAGES = {
  '/file': '<video src="clip" width="640" muted></video>',
  '/blob': `<video width="640" muted autoplay loop></video><script>
    fetch('clip').then((r) => r.blob()).then((blob) => document.querySelector('video').src = URL.createObjectURL(blob));
  </script>`,
};

/** Serves the pages, and the clip with byte ranges. */
function serve(clip) {
  const { size } = statSync(clip);
  const server = createServer((request, response) => {
    if (PAGES[request.url]) {
      response.setHeader('Content-Type', 'text/html');
      response.end(`<!doctype html>${PAGES[request.url]}`);
      return;
    }
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? 'bytes=0-');
    const [start, end] = [Number(from), to ? Number(to) : size - 1];
    response.writeHead(206, {
      'Content-Type': TYPES[extname(clip)],
      'Content-Length': end - start + 1,
      'Content-Range': `bytes ${start}-${end}/${size}`,
      'Accept-Ranges': 'bytes',
    });
    createReadStream(clip, { start, end }).pipe(response);
  });
  return new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(server)));
}

/** Runs in the browser's own window: what Alt+Shift+U does. */
function pressShortcut(extensionId) {
  const key = document.querySelector(`keyset[id*="${CSS.escape(extensionId.replace(/[^\w]/g, '_'))}"] key`);
  key.dispatchEvent(new Event('command', { bubbles: true }));
}

/** WebDriver BiDi reaches the browser's own window with `--remote-allow-system-access`. */
async function check(browser, extensionId) {
  const { result: tree } = await browser.connection.send('browsingContext.getTree', { 'moz:scope': 'chrome' });
  const { result } = await browser.connection.send('script.callFunction', {
    target: { context: tree.contexts[0].context },
    functionDeclaration: String(pressShortcut),
    arguments: [{ type: 'string', value: extensionId }],
    awaitPromise: true,
  });
  if (result.type !== 'success') throw new Error(JSON.stringify(result));
}

/** What the badge says once it has a verdict or has given up. */
async function finalText(page) {
  const card = await page.waitForFunction(
    () => {
      const cards = document.querySelector('unmask-badge')?.shadowRoot;
      return cards?.querySelector('section:has(summary), [data-state="failure"]');
    },
    { timeout: VERDICT_LIMIT_MS },
  );
  return card.evaluate((section) => section.textContent);
}

const clip = process.argv[2];
if (!clip) throw new Error('Expected the path of a clip. Received: none.');
const server = await serve(clip);
const browser = await puppeteer.launch({
  browser: 'firefox',
  executablePath: FIREFOX,
  headless: true,
  args: ['--remote-allow-system-access'],
});
try {
  const extensionId = await browser.installExtension(EXTENSION);
  for (const path of Object.keys(PAGES)) {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}${path}`);
    await page.waitForFunction(() => document.querySelector('video').readyState >= 2);
    await check(browser, extensionId);
    const text = await finalText(page);
    console.log(`${path}: ${text}\n`);
    if (!/Forgery score \d+\s%/.test(text)) throw new Error(`Expected a verdict with a score. Received: ${text}`);
  }
} finally {
  await browser.close();
  server.close();
}
