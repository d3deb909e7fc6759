/**
 * Pairs the extension in headless Firefox with a running companion, as a user does, hands a page's video over, and ends the
 * pairing. Fails where the extension says something else than it should.
 *
 *     node scripts/firefox_companion.mjs CLIP
 *
 * The companion is the `unmask` on the path, or that which `UNMASK` names.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { inOwnWindow, launch, pressShortcut } from './firefox.mjs';
import { serve } from './serve.mjs';

const UNMASK = process.env.UNMASK ?? 'unmask';
const ANSWER_LIMIT_MS = 180_000;
const ADDRESS = /http:\/\/127\.0\.0\.1:\d+/;
const CODE = /code (\d{4}-\d{4})/;

/** Resolves to a companion on a free port, its address and its one-time code. */
async function startCompanion(folder) {
  const options = ['serve', '--port', '0', '--workers', '1', '--data-dir', folder];
  const companion = spawn(UNMASK, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const line of createInterface(companion.stdout)) {
    said += line;
    if (CODE.test(said)) return { companion, address: ADDRESS.exec(said)[0], code: CODE.exec(said)[1] };
  }
  throw new Error(`Expected a companion's address and code. Received: ${said}`);
}

/** Opens a page of the extension in a tab, which a navigation from a page's process could not. */
function openOwn(extensionId, path) {
  openTrustedLinkIn(WebExtensionPolicy.getByID(extensionId).getURL(path), 'tab');
}

/** Answers the browser's question for access as its "Allow" does. */
async function allow() {
  const find = () => document.getElementById('addon-webext-permissions-notification')?.button;
  while (!find()?.checkVisibility()) await new Promise((resolve) => setTimeout(resolve, 100));
  await new Promise((resolve) => setTimeout(resolve, 1000)); // the button takes no click at once
  find().click();
}

/** Waits until a text holds these words; `read` runs in the page. */
async function says(page, words, read = () => document.body.innerText) {
  try {
    await page.waitForFunction(`(${read})()?.includes(${JSON.stringify(words)})`, { timeout: ANSWER_LIMIT_MS });
  } catch {
    throw new Error(`Expected "${words}". Received: ${await page.evaluate(read)}`);
  }
  console.log(`passed  ${words}`);
}

/** What the badge says, unfolded. */
function badgeText() {
  const card = document.querySelector('unmask-badge')?.shadowRoot.querySelector('section');
  card?.querySelector('details:not([open]) > summary')?.click();
  return card?.textContent;
}

async function run({ browser, extensionId }, { address, code }, pageUrl) {
  await inOwnWindow(browser, openOwn, extensionId, 'options.html');
  const options = (await browser.pages()).at(-1);
  await options.waitForFunction(() => document.querySelector('form'));
  await options.evaluate((...typed) => document.querySelectorAll('form input').forEach((input, k) => (input.value = typed[k])), address, code);
  await options.click('form button[type="submit"]'); // as a user's: the browser asks for nothing by itself
  await inOwnWindow(browser, allow);
  await says(options, 'The companion answers.');
  const page = await browser.newPage();
  await page.goto(pageUrl);
  await page.waitForFunction(() => document.querySelector('video').readyState >= 2);
  await page.bringToFront();
  await pressShortcut(browser, extensionId);
  await says(page, 'Check the whole video with the companion', badgeText);
  await page.evaluate(() => document.querySelector('unmask-badge').shadowRoot.querySelector('.companion button').click());
  await says(page, 'of the whole file, by the companion', badgeText);
  await options.bringToFront();
  await options.evaluate(() => [...document.querySelectorAll('button')].find((button) => button.textContent === 'End the pairing').click());
  await options.waitForFunction(() => document.querySelector('form input[inputmode="numeric"]'));
  console.log('passed  the pairing has ended');
}

const [clip] = process.argv.slice(2);
if (!clip) throw new Error('Expected the path of a clip. Received: none.');
const folder = mkdtempSync(join(tmpdir(), 'unmask-'));
const started = await startCompanion(folder);
const server = await serve({ '/': '<video src="clip" width="640" muted></video>' }, { '/clip': resolve(clip) });
const firefox = await launch();
try {
  await run(firefox, started, `http://127.0.0.1:${server.address().port}/`);
} finally {
  await firefox.browser.close();
  server.close();
  started.companion.kill();
  await once(started.companion, 'exit');
  rmSync(folder, { recursive: true });
}
