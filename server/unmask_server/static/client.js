// @ts-check
/** Talks to the server. */

/** @typedef {import("./types.js").Job} Job */

/** A request that got no usable answer; `message` is for people. */
export class RequestError extends Error {}

/** The page was opened from another machine: a person has to enter the code. */
export class CodeNeededError extends RequestError {}

const UNREACHABLE = "The companion does not answer. Is `unmask serve` still running?";
const RETRY_S = 5;
// Browsers keep six connections to a server open, for all its pages: streams must leave some for everything else.
const MAX_STREAMS = 2;
const STORED = "unmask-token";

// On its own machine the page is given a token at each start; elsewhere it is kept until the window is closed.
let token = sessionStorage.getItem(STORED) ?? "";
let streams = 0;

/** @param {string} address @param {RequestInit} options */
async function reach(address, options) {
  return fetch(address, options).catch((error) => {
    if (options.signal?.aborted) throw error;
    throw new RequestError(UNREACHABLE);
  });
}

/** Get the page's own token. */
async function openSession() {
  const response = await reach("/v1/session", { method: "POST" });
  if (!response.ok) throw new CodeNeededError(await problemDetail(response));
  token = (await response.json()).token;
}

/** Exchange a code for a token. @param {string} code */
export async function pair(code) {
  const body = JSON.stringify({ code, name: "The page, from another machine" });
  const headers = { "Content-Type": "application/json" };
  const response = await reach("/v1/pair", { method: "POST", body, headers });
  if (!response.ok) throw new RequestError(await problemDetail(response));
  token = (await response.json()).token;
  sessionStorage.setItem(STORED, token);
}

/**
 * @param {string} method
 * @param {string} path under /v1
 * @param {AbortSignal} [signal]
 */
async function ask(method, path, signal) {
  if (!token) await openSession();
  const send = () => reach(`/v1${path}`, { method, signal, headers: { Authorization: `Bearer ${token}` } });
  let response = await send();
  if (response.status === 401) {
    // The companion was started anew.
    await openSession();
    response = await send();
  }
  return response;
}

/** @param {string} method @param {string} path */
async function askJson(method, path) {
  const response = await ask(method, path);
  if (!response.ok) throw new RequestError(await problemDetail(response));
  return response.status === 204 ? null : response.json();
}

/** @returns {Promise<{format: string, runtime: string, manifest: import("./types.js").Manifest}>} */
export const fetchModel = () => askJson("GET", "/model");
/** @returns {Promise<Job[]>} newest first */
export const fetchJobs = async () => (await askJson("GET", "/jobs?limit=200")).jobs;
/** @param {string} id @returns {Promise<null>} */
export const deleteJob = (id) => askJson("DELETE", `/jobs/${id}`);
/** @returns {Promise<{deleted: number}>} */
export const deleteFinished = () => askJson("DELETE", "/jobs");
/** @returns {Promise<string>} */
export const newCode = async () => (await askJson("POST", "/codes")).code;
/** @returns {Promise<import("./types.js").Pairing[]>} */
export const fetchPairings = async () => (await askJson("GET", "/pairings")).pairings;
/** @param {string} id @returns {Promise<null>} */
export const deletePairing = (id) => askJson("DELETE", `/pairings/${id}`);

/** A job's result, as the server sent it. @param {string} id @returns {Promise<string>} */
export async function fetchResult(id) {
  const response = await ask("GET", `/jobs/${id}/result`);
  if (!response.ok) throw new RequestError(await problemDetail(response));
  return response.text();
}

/**
 * Send a file, again and again while the queue is full.
 *
 * @param {File} file
 * @param {(share: number) => void} onProgress called with the share that has been sent, in [0, 1]
 * @param {AbortSignal} signal
 * @returns {Promise<Job>}
 */
export async function createJob(file, onProgress, signal) {
  for (;;) {
    if (!token) await openSession();
    const request = await sent(file, onProgress, signal);
    if (request.status === 202) return JSON.parse(request.responseText);
    if (request.status === 401) await openSession();
    else if (request.status === 429) await pause(Number(request.getResponseHeader("Retry-After")) || RETRY_S, signal);
    else throw new RequestError(detailIn(request.responseText, request.status));
  }
}

/**
 * One try; XMLHttpRequest, since fetch does not tell how much has been sent.
 *
 * @param {File} file
 * @param {(share: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<XMLHttpRequest>}
 */
function sent(file, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = () => reject(new RequestError(UNREACHABLE));
    request.onabort = () => reject(signal.reason);
    request.onload = () => resolve(request);
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", "/v1/jobs");
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}

/**
 * Follow a job until it is finished: by its events, or by asking where too many streams are open.
 *
 * @param {string} id
 * @param {(job: Job) => void} onChange
 * @param {AbortSignal} signal
 * @returns {Promise<Job>} the finished job
 */
export async function follow(id, onChange, signal) {
  for (;;) {
    for await (const job of streams < MAX_STREAMS ? streamed(id, signal) : asked(id)) {
      onChange(job);
      if (["done", "failed", "cancelled"].includes(job.state)) return job;
    }
    await pause(1, signal);
  }
}

/** @param {string} id @param {AbortSignal} signal @returns {AsyncGenerator<Job>} */
async function* streamed(id, signal) {
  streams += 1;
  try {
    const response = await ask("GET", `/jobs/${id}/events`, signal);
    if (response.ok && response.body) yield* events(response.body);
    else if (response.status === 429) yield* asked(id); // other pages have streams, too
    else throw new RequestError(await problemDetail(response));
  } finally {
    streams -= 1;
  }
}

/** @param {string} id @returns {AsyncGenerator<Job>} */
async function* asked(id) {
  yield await askJson("GET", `/jobs/${id}`);
}

/** @param {ReadableStream<BufferSource>} body @returns {AsyncGenerator<Job>} */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (text + value).split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = block.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice("data: ".length));
    }
  }
}

/** @param {number} seconds @param {AbortSignal} signal @returns {Promise<void>} */
function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)));
  });
}

/** @param {Response} response */
const problemDetail = async (response) => detailIn(await response.text(), response.status);

/** @param {string} text @param {number} status */
function detailIn(text, status) {
  try {
    return JSON.parse(text).detail;
  } catch {
    return `Expected an answer. Received: HTTP status ${status}.`;
  }
}
