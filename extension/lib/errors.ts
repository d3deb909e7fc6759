/** Every error that the extension raises on purpose. */

/** Why a video could not be scored: the reasons of `unmask_edge/errors.py` that browser and companion meet, and its own. */
export type MediaErrorReason =
  | 'unreadable'
  | 'truncated'
  | 'too_large'
  | 'no_video_stream'
  | 'zero_frames'
  | 'no_face'
  | 'no_video'
  | 'protected'
  | 'no_access'
  | 'interrupted'
  | 'refused'
  | 'damaged'
  | 'no_file'
  | 'companion_unreachable'
  | 'companion_refused'
  | 'companion_failed'
  | 'internal';

/** A model bundle or third-party file is missing, damaged or of an unknown schema version. */
export class BundleError extends Error {}

/** A video that cannot be scored. */
export class MediaError extends Error {
  constructor(
    readonly reason: MediaErrorReason,
    message: string,
  ) {
    super(message);
  }
}
