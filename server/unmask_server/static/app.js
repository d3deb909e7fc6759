// @ts-check
/** Takes files, has them scored, shows the answers. */

import { offerCamera } from "./camera.js";
import { CodeNeededError, RequestError, createJob, deleteFinished, deleteJob, fetchJobs, fetchModel, fetchResult, follow, pair } from "./client.js";
import { byId, setText } from "./dom.js";
import { FileList, entryOf } from "./files.js";
import { offerPairing } from "./programs.js";
import { showResult } from "./result.js";
import { brokenWords, errorWords, headline, megabytes, workWords } from "./words.js";

/** @typedef {import("./files.js").Entry} Entry */

const MAX_UPLOAD_BYTES = Number(document.body.dataset.maxUploadBytes);
const PANELS = ["pair", "work", "problem", "result"];

const files = new FileList(select, remove);
/** Files that wait to be sent, one after the other. @type {Entry[]} */
const waiting = [];
let sending = false;

/** @param {"pair" | "work" | "problem" | "result" | null} panel */
function show(panel) {
  if (document.body.dataset.panel !== (panel ?? "")) scrollTo(0, 0);
  for (const id of PANELS) byId(id, HTMLElement).hidden = id !== panel;
  document.body.dataset.panel = panel ?? "";
}

/** @param {string} name @param {{headline: string, advice: string, detail: string}} words */
function showProblem(name, words) {
  setText("problem-name", name);
  setText("problem-headline", words.headline);
  setText("problem-advice", words.advice);
  setText("problem-detail", words.detail);
  setText("status", `${words.headline}. ${words.advice} ${name}`);
  show("problem");
}

/** @param {Entry} entry */
function showWork(entry) {
  const { state, share } = workWords(entry);
  const progress = byId("work-progress", HTMLProgressElement);
  if (document.body.dataset.panel !== "work" || byId("work-state", HTMLElement).textContent !== state) setText("status", state);
  setText("work-state", state);
  setText("work-name", entry.file ? `${entry.name}, ${megabytes(entry.file.size)}` : entry.name);
  if (share === null) progress.removeAttribute("value");
  else progress.value = share;
  show("work");
}

/** @param {Entry} entry */
async function showFinished(entry) {
  const job = /** @type {import("./types.js").Job} */ (entry.job);
  if (job.state !== "done") {
    showProblem(entry.name, brokenWords(job));
    return;
  }
  const [model, json] = await Promise.all([fetchModel(), fetchResult(job.id)]);
  if (files.shown !== entry) return;
  const result = JSON.parse(json);
  if (result.error) {
    showProblem(entry.name, errorWords(result.error));
  } else {
    show("result");
    showResult(entry, job, result, json, model.manifest);
    setText("status", `${headline(result.verdict)}. ${entry.name}`);
  }
}

/** Bring the list up to date, and the panel where it shows this file. @param {Entry} entry */
async function update(entry) {
  files.update();
  if (files.shown !== entry) return;
  if (entry.problem) showProblem(entry.name, { headline: "This file was not scored", advice: entry.problem, detail: "" });
  else if (entry.job?.finished) await told(entry, () => showFinished(entry));
  else showWork(entry);
}

/** @param {Entry} entry */
async function select(entry) {
  files.shown = entry;
  await update(entry);
}

/** Do something of a file; what goes wrong is told in its place. @param {Entry} entry @param {() => Promise<void>} action */
async function told(entry, action) {
  try {
    await action();
  } catch (error) {
    if (entry.running.signal.aborted) return;
    if (error instanceof CodeNeededError) return askForCode();
    if (!(error instanceof RequestError)) throw error;
    entry.problem = error.message;
    await update(entry);
  }
}

/** @param {Entry} entry */
async function followToEnd(entry) {
  const { id } = /** @type {import("./types.js").Job} */ (entry.job);
  await follow(id, (job) => {
    entry.job = job;
    if (!job.finished) update(entry);
  }, entry.running.signal);
  await update(entry);
}

async function sendWaiting() {
  if (sending) return;
  sending = true;
  for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
    const next = entry;
    await told(next, async () => {
      const onProgress = (/** @type {number} */ share) => {
        next.share = share;
        update(next);
      };
      next.job = await createJob(/** @type {File} */ (next.file), onProgress, next.running.signal);
      told(next, () => followToEnd(next));
    });
  }
  sending = false;
}

/** @param {Iterable<File> | null | undefined} chosen */
function take(chosen) {
  const entries = [...(chosen ?? [])].map((file) => entryOf(file.name, file, null));
  if (!entries.length) return;
  for (const entry of entries) {
    const { size } = /** @type {File} */ (entry.file);
    if (size > MAX_UPLOAD_BYTES) {
      entry.problem = `It is too large: at most ${megabytes(MAX_UPLOAD_BYTES)} are taken, this file has ${megabytes(size)}.`;
    } else {
      waiting.push(entry);
    }
  }
  files.add([...entries].reverse());
  select(entries[0]);
  sendWaiting();
}

/** @param {Entry} entry */
async function remove(entry) {
  entry.running.abort();
  const place = waiting.indexOf(entry);
  if (place >= 0) waiting.splice(place, 1);
  files.remove(entry);
  if (files.shown === entry) {
    files.shown = null;
    show(null);
  }
  if (entry.job) await deleteJob(entry.job.id);
}

function askForCode() {
  show("pair");
  byId("pair-code", HTMLInputElement).focus();
}

async function start() {
  try {
    const past = (await fetchJobs()).map((job) => entryOf(job.path, null, job));
    files.add(past);
    for (const entry of past) if (!entry.job?.finished) told(entry, () => followToEnd(entry));
  } catch (error) {
    if (error instanceof CodeNeededError) askForCode();
    else if (error instanceof RequestError) showProblem("", { headline: "Something is wrong", advice: error.message, detail: "" });
    else throw error;
  }
}

const input = byId("file", HTMLInputElement);
input.addEventListener("change", () => {
  take(input.files);
  input.value = ""; // so that choosing the same file again is a change, too
});
byId("cancel", HTMLButtonElement).addEventListener("click", () => {
  if (files.shown) remove(files.shown);
  setText("status", "Cancelled");
  input.focus();
});
byId("delete-all", HTMLButtonElement).addEventListener("click", async () => {
  await deleteFinished();
  for (const entry of files.entries.filter(({ job, problem }) => job?.finished || problem)) files.remove(entry);
  if (files.shown && !files.entries.includes(files.shown)) show((files.shown = null));
  setText("status", "Deleted");
});
byId("pair", HTMLFormElement).addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await pair(byId("pair-code", HTMLInputElement).value);
    show(null);
    await start();
    sendWaiting();
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    setText("pair-note", error.message);
  }
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
  take(event.dataTransfer?.files);
});

offerCamera((file) => take([file]));
offerPairing();
start();
