/** Where the user says that a verdict is wrong; the answer is a file on their machine. */

import { i18n } from '#i18n';
import { OPINIONS, type UserStatement } from '../lib/wrong_verdict';
import { html } from './dom';

/** A button that opens the form. @param save - takes what the user said. */
export function wrongVerdictForm(save: (statement: UserStatement) => void): HTMLElement {
  const note = html('textarea', { rows: '2', maxlength: '2000' });
  const withAddress = html('input', { type: 'checkbox' });
  let said: UserStatement['opinion'] = 'unsure';
  const choices = OPINIONS.map((opinion) => {
    const input = html('input', { type: 'radio', name: 'opinion', required: '' });
    input.addEventListener('change', () => (said = opinion));
    return html('label', {}, input, ` ${i18n.t(`wrong_verdict.${opinion}`)}`);
  });
  const submit = html('button', { type: 'submit' }, i18n.t('wrong_verdict.save'));
  const form = html(
    'form',
    { class: 'wrong-verdict', hidden: '' },
    html('p', { class: 'quiet' }, i18n.t('wrong_verdict.explanation')),
    html('fieldset', {}, html('legend', {}, i18n.t('wrong_verdict.question')), ...choices),
    html('label', {}, i18n.t('wrong_verdict.note'), note),
    html('label', {}, withAddress, ` ${i18n.t('wrong_verdict.with_address')}`),
    submit,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    save({ opinion: said, note: note.value, withAddress: withAddress.checked });
    submit.textContent = i18n.t('wrong_verdict.saved');
  });
  return html('div', {}, opener(form), form);
}

function opener(form: HTMLElement): HTMLElement {
  const button = html('button', { type: 'button', 'aria-expanded': 'false' }, i18n.t('wrong_verdict.open'));
  button.addEventListener('click', () => {
    form.hidden = !form.hidden;
    button.setAttribute('aria-expanded', String(!form.hidden));
  });
  return button;
}
