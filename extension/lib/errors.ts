/** Every error that the extension raises on purpose. */

/** Why a video could not be scored: the reasons of `unmask_edge/errors.py` that a browser meets, and its own. */
export type MediaErrorReason =
  | 'unreadable'
  | 'no_video_stream'
  | 'zero_frames'
  | 'no_face'
  | 'no_video'
  | 'protected'
  | 'no_access'
  | 'interrupted'
  | 'refused'
  | 'damaged'
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
