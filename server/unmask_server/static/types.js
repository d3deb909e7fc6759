/**
 * What the server answers, as far as the page reads it: `Result` and the manifest of `unmask_edge`, `Job` and `Pairing`.
 *
 * @typedef {"likely authentic" | "inconclusive" | "likely manipulated"} Verdict
 * @typedef {"score_between_bands" | "face_too_small" | "face_too_blurred" | "too_few_frames"} Reason
 * @typedef {"face_too_small" | "face_too_blurred"} Flaw
 * @typedef {"missing" | "unreadable" | "truncated" | "no_video_stream" | "zero_frames" | "no_face" | "too_large"} ErrorReason
 * @typedef {[number, number, number, number]} Xyxy in px of the upright frame
 *
 * @typedef {object} FaceFrame
 * @property {number} time_s
 * @property {Xyxy} box
 * @property {Xyxy} crop the square that the region map lies over
 * @property {number} score in [0, 1]
 * @property {Flaw | null} flaw
 * @property {number[][]} region_map rows of cells in [0, 1]
 *
 * @typedef {{track: number, score: number, verdict: Verdict, reason: Reason | null, frames: FaceFrame[]}} Track
 * @typedef {{name: string, version: string, format: string, runtime: string}} ModelInfo
 * @typedef {{reason: ErrorReason, message: string}} InputError
 *
 * @typedef {object} Result
 * @property {string} path
 * @property {number | null} score
 * @property {Verdict | null} verdict
 * @property {Reason | null} reason
 * @property {InputError | null} error
 * @property {number | null} width_px
 * @property {number | null} height_px
 * @property {number | null} duration_s null for pictures
 * @property {number} frames_sampled
 * @property {Track[]} tracks
 * @property {Record<string, number>} timings_ms
 * @property {ModelInfo} model
 *
 * @typedef {object} Manifest
 * @property {{likely_authentic_below: number, likely_manipulated_from: number}} bands
 * @property {{min_face_px: number}} aggregation
 * @property {Record<string, {path: string}>} models by format
 * @property {{path: string, sha256: string}[]} files
 * @property {string} name
 * @property {string} version
 *
 * @typedef {object} Job
 * @property {string} id
 * @property {string} path
 * @property {"queued" | "running" | "done" | "failed" | "cancelled"} state
 * @property {string} created
 * @property {string | null} finished
 * @property {number} size_bytes
 * @property {string} sha256
 * @property {number} frames_done
 * @property {number} frames_wanted
 * @property {number | null} score
 * @property {Verdict | null} verdict
 * @property {ErrorReason | null} error
 * @property {string | null} detail
 *
 * @typedef {{id: string, name: string, origin: string | null, created: string}} Pairing
 */
export {};
