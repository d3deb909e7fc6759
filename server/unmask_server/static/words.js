// @ts-check
/** Everything that the page says about a result, in one place. */

/** @typedef {import("./types.js").Result} Result */
/** @typedef {import("./types.js").Manifest} Manifest */

/** @type {Record<import("./types.js").Verdict, {icon: string, headline: string, caveat: (kind: string) => string, meaning: string}>} */
const VERDICTS = {
  "likely authentic": {
    icon: "authentic",
    headline: "No sign of forgery found",
    caveat: (kind) => `This does not prove that the ${kind} is real.`,
    meaning:
      "The detector saw none of the traces it has learned. New kinds of forgery, changes outside the face, " +
      "cuts and forged sound go unnoticed.",
  },
  "likely manipulated": {
    icon: "manipulated",
    headline: "Likely manipulated",
    caveat: () => "This is evidence, not proof.",
    meaning:
      "At least one face shows traces that forged faces show. Beauty filters, heavy compression and retouching " +
      "can leave similar ones.",
  },
  inconclusive: {
    icon: "inconclusive",
    headline: "Inconclusive",
    caveat: (kind) => `This says neither that the ${kind} is forged nor that it is real.`,
    meaning: "A longer, sharper or less compressed copy may give an answer.",
  },
};

const REASONS = {
  score_between_bands: () => "The score lies between the two bands: not low enough for one, not high enough for the other.",
  /** @param {Manifest} manifest */
  face_too_small: (manifest) =>
    `The faces are too small to judge: at least ${Math.ceil(manifest.aggregation.min_face_px)} pixels are needed.`,
  face_too_blurred: () => "The faces are too blurred to judge.",
  too_few_frames: () => "No face was seen clearly in enough frames to judge it.",
};

const FLAWS = { face_too_small: "too small, not counted", face_too_blurred: "too blurred, not counted" };

/** @type {Record<import("./types.js").ErrorReason, {headline: string, advice: string}>} */
const ERRORS = {
  missing: { headline: "The file is gone", advice: "It was removed before it could be read. Choose it again." },
  unreadable: { headline: "This file cannot be read", advice: "It is empty, damaged, or neither a picture nor a video." },
  truncated: { headline: "This file is incomplete", advice: "It ends too early. Download or copy it once more." },
  no_video_stream: {
    headline: "No video in this file",
    advice: "It holds no pictures: it may be sound only, damaged, or not a video at all.",
  },
  zero_frames: { headline: "This video has no frames", advice: "It opens, but there is nothing to see in it." },
  no_face: { headline: "No face found", advice: "Only faces are checked. Nothing is said about the rest of the picture." },
  too_large: { headline: "This picture is too large", advice: "Make it smaller or cut the face out, then try again." },
};

/** @param {Result} result @returns {"picture" | "video"} */
export const kindOf = (result) => (result.duration_s === null ? "picture" : "video");

/** Rounded down, so that a score is never shown as 100 % or on the wrong side of a band. @param {number} share */
export const percent = (share) => `${(Math.floor(share * 1000) / 10).toFixed(1)}\u00a0%`;

/** @param {number} time_s */
export const seconds = (time_s) => `${time_s.toFixed(2)} s`;

export const NOT_KEPT = "The file itself was deleted after scoring; what was found is drawn on an empty picture.";
export const UNPLAYABLE = "Your browser cannot show this file; what was found is drawn on an empty picture.";

/** What is drawn over a clip. @param {number | null} time_s of the sampled frame, if there is one */
export const momentWords = (time_s) =>
  time_s === null ? "No face was found around this moment." : `Drawn: what was found at ${seconds(time_s)}.`;

/** @param {number} bytes */
export const megabytes = (bytes) => `${Math.max(0.1, bytes / 2 ** 20).toFixed(1)} MB`;

/** Names of the verdict bands, from the lowest scores up. */
export const BAND_NAMES = ["no sign found", "inconclusive", "likely manipulated"];

/** @param {import("./types.js").Verdict} verdict */
export const headline = (verdict) => VERDICTS[verdict].headline;

/** @param {import("./types.js").Flaw | null} flaw */
export const flawWords = (flaw) => (flaw ? FLAWS[flaw] : "");

/**
 * What the head of a scored result says.
 *
 * @param {Result & {score: number, verdict: import("./types.js").Verdict}} result
 * @param {Manifest} manifest
 */
export function finding(result, manifest) {
  const { icon, headline, caveat, meaning } = VERDICTS[result.verdict];
  const { likely_authentic_below: low, likely_manipulated_from: high } = manifest.bands;
  return {
    icon,
    headline,
    meaning,
    caveat: caveat(kindOf(result)),
    reason: result.reason ? REASONS[result.reason](manifest) : "",
    scoreMeaning:
      `How strongly the most suspicious face looks forged to the detector. Below ${percent(low)} no sign of forgery ` +
      `is reported, from ${percent(high)} it is called likely manipulated, in between nothing is claimed.`,
  };
}

/** How long it took. @param {Result} result */
export function madeBy(result) {
  const spent = Object.entries(result.timings_ms);
  const total = spent.reduce((sum, [, ms]) => sum + ms, 0);
  const frames = result.frames_sampled === 1 ? "1 frame" : `${result.frames_sampled} frames`;
  return `${frames} in ${Math.round(total)} ms: ${spent.map(([stage, ms]) => `${stage} ${Math.round(ms)}`).join(", ")} ms.`;
}

/** @param {import("./files.js").Entry} entry */
export function stateWords({ file, job, share, problem }) {
  if (problem) return { kind: "problem", words: "Not scored" };
  if (!job) return { kind: "work", words: share > 0 ? `Sending, ${percent(share)}` : file ? "Waits to be sent" : "" };
  if (job.state === "queued") return { kind: "work", words: "Waits" };
  if (job.state === "running") return { kind: "work", words: `Scoring, frame ${job.frames_done} of ${job.frames_wanted || "?"}` };
  if (job.verdict) return { kind: VERDICTS[job.verdict].icon, words: `${VERDICTS[job.verdict].headline}, ${percent(job.score ?? 0)}` };
  return { kind: "problem", words: job.error ? ERRORS[job.error].headline : "Not scored" };
}

/** What the panel of a file on its way says, and the share that is done; null where that is not known. @param {import("./files.js").Entry} entry */
export function workWords({ job, share }) {
  if (!job) return { state: "Sending…", share };
  if (job.state === "queued") return { state: "Waiting for other files…", share: null };
  return { state: "Scoring…", share: job.frames_wanted ? job.frames_done / job.frames_wanted : null };
}

/** @param {import("./types.js").Job} job without a result */
export const brokenWords = (job) => ({
  headline: "This file was not scored",
  advice: job.state === "cancelled" ? "It was cancelled." : "It cannot be decoded within the limits that keep this machine safe.",
  detail: job.detail ?? "",
});

/**
 * What a report states beside the finding.
 *
 * @param {import("./types.js").Job} job
 * @param {Result} result
 * @param {Manifest} manifest
 * @returns {[string, string][]}
 */
export function reportFacts(job, result, manifest) {
  const { name, version, format, runtime } = result.model;
  const path = manifest.models[format]?.path;
  // The companion may have been started with another model since.
  const known = manifest.name === name && manifest.version === version;
  const sha256 = known ? manifest.files.find((file) => file.path === path)?.sha256 : undefined;
  const { likely_authentic_below: low, likely_manipulated_from: high } = manifest.bands;
  return [
    ["File", `${job.path || "unnamed"}, ${job.size_bytes} bytes`],
    ["SHA-256 of the file", job.sha256],
    ["Scored", new Date(job.finished ?? job.created).toLocaleString([], { timeZoneName: "short" })],
    [
      "Looked at",
      (result.duration_s === null ? "the picture" : `${result.frames_sampled} frames of ${seconds(result.duration_s)}`) +
        `, ${result.width_px} × ${result.height_px} px`,
    ],
    ["Measured", "how strongly each face that was found looks forged to the detector, from 0 to 100 %; nothing else in it"],
    ...(known ? [/** @type {[string, string]} */ (["Bounds", `no sign below ${percent(low)}, likely manipulated from ${percent(high)}`])] : []),
    ["Model", `${name} ${version}, ${format}, ${runtime}`],
    ["SHA-256 of the model", sha256 ?? "not known: the companion runs another model now"],
  ];
}

/** @param {import("./types.js").InputError} error */
export const errorWords = (error) => ({ ...ERRORS[error.reason], detail: error.message });
