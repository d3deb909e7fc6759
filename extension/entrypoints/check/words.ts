/** Everything the badge says. It never says that a video is real: it says what was found and what that does not prove. */

import type { MediaErrorReason } from '../../lib/errors';
import type { Report } from '../../lib/messages';
import type { Reason, Verdict } from '../../lib/result';

/** Heading of each verdict and what it does not prove. */
export const VERDICTS: Record<Verdict, { heading: string; caveat: string }> = {
  'likely manipulated': { heading: 'Likely manipulated', caveat: 'This is evidence, not proof.' },
  'likely authentic': { heading: 'No sign of forgery found', caveat: 'This does not prove that the video is real.' },
  inconclusive: { heading: 'Inconclusive', caveat: 'This says nothing either way.' },
};

/** Why a verdict is inconclusive. */
export const REASONS: Record<Reason, string> = {
  score_between_bands: 'The signs are too weak to say yes and too strong to say no.',
  face_too_small: 'The face is too small in the picture to judge.',
  face_too_blurred: 'The face is too blurred to judge.',
  too_few_frames: 'The face was seen clearly in too few frames to judge.',
};

/** Why a video could not be checked, and what the user can do about it. */
export const FAILURES: Record<MediaErrorReason, string> = {
  no_video: 'No video is visible here. If it sits in a frame from another site, right-click the video itself and choose “Check this video for a forged face”.',
  no_face: 'No face was found in the frames that were examined.',
  protected: 'This video is protected by DRM: the browser lets nobody read its pictures.',
  no_access: 'This video comes from another site that does not share its pictures. Right-click the video, choose “Check this video for a forged face” and allow access to that site.',
  zero_frames: 'The video shows no picture yet. Start it and try again.',
  no_video_stream: 'This is sound only: it has no pictures.',
  unreadable: 'The browser could not read this video.',
  interrupted: 'The check was interrupted. Try again.',
  damaged: 'The detector inside Unmask is damaged or belongs to another version, so nothing was checked. Install Unmask again.',
  internal: 'The check failed because of an error in Unmask.',
};

/** What the percentage means. */
export const SCORE_MEANING =
  'The score is the detector’s estimate, from 0 % to 100 %, that a face was forged. It can be wrong, and it looks at faces only: not at sound, text or context.';

/** A score in [0, 1] in words. */
export function percent(score: number): string {
  return `${Math.round(score * 100)} %`;
}

/** Which part of the video was examined. */
export function examined({ result, route }: Report): string {
  const frames = count(result.frames_sampled, 'frame');
  if (route === 'whole_clip') return `${frames}, spread over the whole clip`;
  const times = result.tracks.flatMap((track) => track.frames.map((frame) => frame.time_s));
  const watched = times.length > 1 ? ` from ${clock(Math.min(...times))} to ${clock(Math.max(...times))}` : '';
  return `${frames}, only the moments watched${watched}`;
}

/** A number of things, e.g. `1 face`, `2 faces`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A time in s as `m:ss`. */
export function clock(timeS: number): string {
  const seconds = Math.round(timeS);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
