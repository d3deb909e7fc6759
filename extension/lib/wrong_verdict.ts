/** A user's report of a wrong verdict: a file on their machine, which they may send to whom they like. */

import type { Report } from './messages';
import type { Sensitivity } from './sensitivity';
import { judgedWith } from './sensitivity';

export const OPINIONS = ['forged', 'not_forged', 'unsure'] as const;

/** What the user says of the video. */
export interface UserStatement {
  opinion: (typeof OPINIONS)[number];
  /** How they know. */
  note: string;
  /** Whether the file may name the video's address. */
  withAddress: boolean;
}

/** The file's content: what was said, what the user says, and the scores; no picture. */
export function wrongVerdict(given: Omit<Report, 'pictures'>, sensitivity: Sensitivity, { opinion, note, withAddress }: UserStatement) {
  const { result, route, bands } = given;
  const { verdict, reason } = judgedWith(given, sensitivity).result;
  return {
    format: 'unmask-wrong-verdict',
    format_version: 1,
    extension_version: browser.runtime.getManifest().version,
    shown: { verdict, reason, sensitivity },
    user: { opinion, note },
    result: { ...result, path: withAddress ? result.path : null },
    route,
    bands,
  };
}
