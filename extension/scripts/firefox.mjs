/** Drives headless Firefox with the extension, and its own window, where a user's clicks and keys that no page sees arrive. */

import { resolve } from 'node:path';
import puppeteer from 'puppeteer-core';

const FIREFOX = process.env.UNMASK_FIREFOX ?? '/usr/bin/firefox-esr';
const EXTENSION = resolve(import.meta.dirname, '../.output/firefox-mv3');

/** Resolves to the browser and the extension's id in it. */
export async function launch() {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: FIREFOX,
    headless: true,
    args: ['--remote-allow-system-access'],
  });
  return { browser, extensionId: await browser.installExtension(EXTENSION) };
}

/** Does what Alt+Shift+U does. */
export function pressShortcut(browser, extensionId) {
  return inOwnWindow(browser, dispatchCommand, extensionId);
}

function dispatchCommand(extensionId) {
  const key = document.querySelector(`keyset[id*="${CSS.escape(extensionId.replace(/[^\w]/g, '_'))}"] key`);
  key.dispatchEvent(new Event('command', { bubbles: true }));
}

/** Calls a function in the browser's own window, which WebDriver BiDi reaches with `--remote-allow-system-access`; resolves to the text that it returns. */
export async function inOwnWindow(browser, called, ...texts) {
  const { result: tree } = await browser.connection.send('browsingContext.getTree', { 'moz:scope': 'chrome' });
  const { result } = await browser.connection.send('script.callFunction', {
    target: { context: tree.contexts[0].context },
    functionDeclaration: String(called),
    arguments: texts.map((value) => ({ type: 'string', value })),
    awaitPromise: true,
  });
  if (result.type !== 'success') throw new Error(JSON.stringify(result));
  return result.result.value;
}
