// @ts-check
/** Takes a file, has it scored, shows the answer. */

import { RequestError, fetchManifest, score } from "./client.js";
import { byId, setText } from "./dom.js";
import { showResult } from "./result.js";
import { errorWords, headline, megabytes } from "./words.js";

const MAX_UPLOAD_BYTES = Number(document.body.dataset.maxUploadBytes);
const PANELS = ["work", "problem", "result"];

let running = new AbortController();

/** @param {"work" | "problem" | "result" | null} panel */
function show(panel) {
  for (const id of PANELS) byId(id, HTMLElement).hidden = id !== panel;
  document.body.dataset.panel = panel ?? "";
  scrollTo(0, 0);
}

/** @param {string} name @param {{headline: string, advice: string, detail: string}} words */
function showProblem(name, words) {
  setText("problem-name", name);
  setText("problem-headline", words.headline);
  setText("problem-advice", words.advice);
  setText("problem-detail", words.detail);
  setText("status", `${words.headline}. ${words.advice}`);
  show("problem");
}

/** @param {File} file */
function startWork(file) {
  setText("work-name", `${file.name}, ${megabytes(file.size)}`);
  showSent(0);
  show("work");
}

/** @param {number} share of the file that the server has */
function showSent(share) {
  const progress = byId("work-progress", HTMLProgressElement);
  const words = share < 1 ? "Reading…" : "Scoring…";
  if (byId("work-state", HTMLElement).textContent !== words) setText("status", words);
  setText("work-state", words);
  if (share < 1) progress.value = share;
  else progress.removeAttribute("value");
}

/** @param {File} file */
async function take(file) {
  running.abort();
  const { signal } = (running = new AbortController());
  if (file.size > MAX_UPLOAD_BYTES) {
    const limit = `At most ${megabytes(MAX_UPLOAD_BYTES)} are taken, this file has ${megabytes(file.size)}.`;
    showProblem(file.name, { headline: "This file is too large", advice: limit, detail: "" });
    return;
  }
  startWork(file);
  try {
    const [manifest, { result, json }] = await Promise.all([fetchManifest(), score(file, showSent, signal)]);
    if (result.error) {
      showProblem(file.name, errorWords(result.error));
    } else {
      show("result");
      showResult(file, result, json, manifest);
      setText("status", `${headline(/** @type {import("./types.js").Verdict} */ (result.verdict))}. ${file.name}`);
    }
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof RequestError)) throw error;
    showProblem(file.name, { headline: "This file was not scored", advice: error.message, detail: "" });
  }
}

/** @param {FileList | null | undefined} files */
function takeFirst(files) {
  if (files?.length) take(files[0]);
}

const input = byId("file", HTMLInputElement);
input.addEventListener("change", () => {
  takeFirst(input.files);
  input.value = ""; // so that choosing the same file again is a change, too
});
byId("cancel", HTMLButtonElement).addEventListener("click", () => {
  running.abort();
  setText("status", "Cancelled");
  show(null);
  input.focus();
});

// The whole window takes drops: a file dropped beside the field would otherwise replace the page.
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  byId("drop", HTMLElement).classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) byId("drop", HTMLElement).classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  byId("drop", HTMLElement).classList.remove("over");
  takeFirst(event.dataTransfer?.files);
});
