/** What the extension's own pages share: their start, choices, and buttons that ask once more. */

import { i18n } from '#i18n';
import { html } from './dom';

/** Puts content into the page, in the language of the texts. */
export function startPage(title: string, ...content: Node[]): void {
  document.documentElement.lang = i18n.t('extension.language');
  document.title = title;
  document.body.replaceChildren(...content);
}

/** A check box or radio button with its words, and an explanation below them. */
export function choice(input: HTMLInputElement, words: string, help = ''): HTMLLabelElement {
  return html('label', { class: 'choice' }, input, words, ...(help ? [html('span', { class: 'quiet' }, help)] : []));
}

/** A check box that is as a setting is. */
export function checkbox(checked: boolean, onChange: (checked: boolean) => void): HTMLInputElement {
  const input = html('input', { type: 'checkbox' });
  input.checked = checked;
  input.addEventListener('change', () => onChange(input.checked));
  return input;
}

/** Radio buttons, of which one is chosen. */
export function radios<Value extends string>(
  name: string,
  values: readonly Value[],
  chosen: Value,
  words: (value: Value) => { label: string; help?: string },
  onChange: (value: Value) => void,
): HTMLLabelElement[] {
  return values.map((value) => {
    const input = html('input', { type: 'radio', name, value });
    input.checked = value === chosen;
    input.addEventListener('change', () => onChange(value));
    const { label, help } = words(value);
    return choice(input, label, help);
  });
}

export function button(words: string, onClick: () => void, className = ''): HTMLButtonElement {
  const element = html('button', { type: 'button', class: className }, words);
  element.addEventListener('click', onClick);
  return element;
}

/** A button for what cannot be undone: its first click asks, its second does it. */
export function askingButton(words: string, question: string, onConfirmed: () => void): HTMLButtonElement {
  let asked = false;
  const reset = () => {
    asked = false;
    element.textContent = words;
    element.className = '';
  };
  const element = button(words, () => {
    if (asked) {
      reset();
      onConfirmed();
      return;
    }
    asked = true;
    element.textContent = question;
    element.className = 'danger';
  });
  element.addEventListener('blur', reset);
  return element;
}
