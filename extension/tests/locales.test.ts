/** All texts are there in every language, each is used, and none stands in the code. */

import { parseMessagesFile } from '@wxt-dev/i18n/build';
import { readFileSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = `${import.meta.dirname}/..`;
const SOURCES = ['entrypoints', 'lib', 'ui'].flatMap((folder) => filesIn(folder, '.ts'));
const PAGES = filesIn('entrypoints', '.html');
const LOCALES = filesIn('locales', '.yml');
/** Names, and what is shown to nobody. */
const ALLOWED = new Set(['Unmask', '%']);
const VISIBLE_ATTRIBUTES = new Set(['aria-label', 'aria-valuetext', 'title', 'placeholder', 'alt', 'textContent', 'label']);

function filesIn(folder: string, ending: string): string[] {
  const names = readdirSync(`${ROOT}/${folder}`, { recursive: true, encoding: 'utf-8' });
  return names.filter((name) => name.endsWith(ending)).map((name) => `${folder}/${name}`);
}

async function textsOf(file: string): Promise<Map<string, string>> {
  const messages = await parseMessagesFile(`${ROOT}/${file}`);
  return new Map(
    messages
      .filter(({ key }) => !key[0]!.startsWith('@@'))
      .map((message) => [message.key.join('.'), message.type === 'plural' ? JSON.stringify(message.plurals) : message.message]),
  );
}

/** Placeholders, and the forms of a plural. */
function shape(text: string): string[] {
  return (text.match(/\$\d|"[1n]":/g) ?? []).sort();
}

const english = await textsOf('locales/en.yml');

describe.each(LOCALES)('%s', (file) => {
  it('has every text, with its placeholders', async () => {
    const texts = await textsOf(file);
    expect([...texts.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [key, text] of texts) {
      expect([key, shape(text)]).toEqual([key, shape(english.get(key)!)]);
      expect([key, text.trim()]).not.toEqual([key, '']);
    }
    expect(texts.get('extension.language')).toBe(basename(file, '.yml'));
  });
});

it('speaks four languages', () => {
  expect(LOCALES.map((file) => basename(file, '.yml')).sort()).toEqual(['de', 'en', 'es', 'fr']);
});

it('uses each text', () => {
  const code = [...SOURCES, 'wxt.config.ts', ...PAGES]
    .map((file) => readFileSync(`${ROOT}/${file}`, 'utf-8'))
    .join('\n');
  // A key may be put together: `reason.${reason}`, `verdict.${key}.heading`, `options.${value}_help`.
  const parts = [...code.matchAll(/[`'"]([a-z_]+\.[a-z_.${}A-Z]+)[`'"]/g)].map((match) => {
    return new RegExp(`^${match[1]!.replaceAll('.', '\\.').replace(/\$\{[^}]*\}/g, '[a-z_]+')}$`);
  });
  const unused = [...english.keys()].filter((key) => {
    return !parts.some((part) => part.test(key)) && !code.includes(`__MSG_${key.replaceAll('.', '_')}__`);
  });
  expect(unused).toEqual([]);
});

it.each(SOURCES)('no text stands in %s', (file) => {
  const source = ts.createSourceFile(file, readFileSync(`${ROOT}/${file}`, 'utf-8'), ts.ScriptTarget.Latest, true);
  expect([...visibleTexts(source)]).toEqual([]);
});

it.each(PAGES)('no text stands in %s', (file) => {
  const page = readFileSync(`${ROOT}/${file}`, 'utf-8').replace(/<title>(Unmask.*|__MSG_\w+__)<\/title>/, '');
  expect(page.replace(/<[^>]*>/g, '').trim()).toBe('');
});

/** Literals that a user would see: children and visible attributes of elements, and whatever is a sentence. */
function* visibleTexts(node: ts.Node): Generator<string> {
  if (isForDevelopers(node)) return;
  if (ts.isStringLiteral(node) || ts.isTemplateLiteralToken(node)) {
    const { text } = node;
    const isWord = /\p{L}{2}/u.test(text) && !ALLOWED.has(text.trim());
    if (isWord && (isSentence(text) || isShown(node))) yield text;
  }
  for (const child of node.getChildren()) yield* visibleTexts(child);
}

/** Errors and log lines, which tell developers what was expected and what was received; names of modules. */
function isForDevelopers(node: ts.Node): boolean {
  if (ts.isNewExpression(node)) return /Error$/.test(node.expression.getText());
  if (ts.isCallExpression(node)) return /^console\.|^(unreadable|withSha256)$/.test(node.expression.getText());
  if (ts.isPropertyAssignment(node)) return node.name.getText() === 'justification';
  return ts.isImportDeclaration(node) || ts.isVariableDeclaration(node) && /^(received|expected|message)$/.test(node.name.getText());
}

function isSentence(text: string): boolean {
  return /^\p{Lu}?\p{L}+,? \p{L}+ \p{L}+/u.test(text);
}

function isShown(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isCallExpression(parent)) {
    const position = parent.arguments.indexOf(node as ts.Expression);
    const called = parent.expression.getText();
    return (/^(html|svg)$/.test(called) && position > 1) || (/^(button|choice|askingButton|startPage)$/.test(called) && position === 0);
  }
  if (ts.isPropertyAssignment(parent)) return parent.name !== node && VISIBLE_ATTRIBUTES.has(parent.name.getText().replaceAll("'", ''));
  if (ts.isBinaryExpression(parent)) return VISIBLE_ATTRIBUTES.has(parent.left.getText().split('.').at(-1)!);
  return false;
}
