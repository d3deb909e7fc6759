/** Gives tests the English texts, as the browser would. */

import { parseMessagesFile } from '@wxt-dev/i18n/build';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';

const file = fileURLToPath(new URL('../locales/en.yml', import.meta.url));
const messages = await parseMessagesFile(file);
const texts = new Map(
  messages.map((message) => {
    const text = message.type === 'plural' ? Object.values(message.plurals).join(' | ') : message.message;
    return [message.key.join('_'), text];
  }),
);

vi.spyOn(fakeBrowser.i18n, 'getMessage').mockImplementation(((name: string, substitutions: string[] = []) => {
  return (texts.get(name) ?? '').replaceAll(/\$(\d)/g, (_, number) => substitutions[number - 1] ?? '');
}) as never);

vi.spyOn(fakeBrowser.i18n, 'getUILanguage').mockReturnValue('en');
