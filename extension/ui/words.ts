/**
 * What verdicts, reasons and numbers are called, in the browser's language. Nothing here says that a video is real: it is
 * said what was found, and what that does not prove. All texts are in `locales/`.
 */

import { i18n } from '#i18n';
import type { MediaErrorReason } from '../lib/errors';
import type { Report } from '../lib/messages';
import type { Reason, Verdict } from '../lib/result';

const VERDICT_KEYS = {
  'likely manipulated': 'likely_manipulated',
  'likely authentic': 'likely_authentic',
  inconclusive: 'inconclusive',
} as const satisfies Record<Verdict, string>;

/** Heading of a verdict, what it does not prove, and what stands behind it. */
export function verdictWords(verdict: Verdict): { heading: string; caveat: string; meaning: string } {
  const key = VERDICT_KEYS[verdict];
  return {
    heading: i18n.t(`verdict.${key}.heading`),
    caveat: i18n.t(`verdict.${key}.caveat`),
    meaning: i18n.t(`verdict.${key}.meaning`),
  };
}

/** Why a verdict is inconclusive. */
export function reasonWords(reason: Reason): string {
  return i18n.t(`reason.${reason}`);
}

/** Why a video could not be checked, and what the user can do about it. */
export function failureWords(reason: MediaErrorReason): string {
  return i18n.t(`failure.${reason}`);
}

/** What the program said of a failure that the words above do not explain; empty for others. */
export function failureDetail(reason: MediaErrorReason, message = ''): string {
  return ['internal', 'damaged', 'companion_failed'].includes(reason) ? message : '';
}

/** A score in [0, 1] in words. */
export function percent(score: number): string {
  return `${Math.round(score * 100)}\u00a0%`;
}

/** Which part of the video was examined. */
export function examined({ result, route }: Pick<Report, 'result' | 'route'>): string {
  const frames = i18n.t('count.frames', result.frames_sampled);
  if (route === 'picture') return i18n.t('panel.whole_picture');
  if (route === 'companion') return i18n.t('panel.companion', [frames]);
  if (route === 'screen_captured') return i18n.t('panel.screen_captured', [frames]);
  if (route === 'whole_clip') return i18n.t('panel.whole_clip', [frames]);
  const times = result.tracks.flatMap((track) => track.frames.map((frame) => frame.time_s));
  if (times.length < 2) return i18n.t('panel.moments_watched', [frames]);
  return i18n.t('panel.moments_watched_between', [frames, clock(Math.min(...times)), clock(Math.max(...times))]);
}

/** A number with one decimal. */
export function decimal(number: number, minimumIntegerDigits = 1): string {
  const digits = { minimumIntegerDigits, minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(browser.i18n.getUILanguage(), digits).format(number);
}

/** A time in s as `m:ss.d`, to tell examined moments apart. */
export function moment(timeS: number): string {
  const tenths = Math.round(timeS * 10);
  return `${Math.floor(tenths / 600)}:${decimal((tenths % 600) / 10, 2)}`;
}

/** A time in s as `m:ss`. */
export function clock(timeS: number): string {
  const seconds = Math.round(timeS);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** An ISO 8601 time, in the reader's own zone. */
export function date(iso: string): string {
  const style = { dateStyle: 'medium', timeStyle: 'short' } as const;
  return new Intl.DateTimeFormat(browser.i18n.getUILanguage(), style).format(new Date(iso));
}
