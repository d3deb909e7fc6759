// @ts-check
/** Talks to the server. */

/** A request that got no usable answer; `message` is for people. */
export class RequestError extends Error {}

const UNREACHABLE = "The companion does not answer. Is `unmask serve` still running?";

/** @returns {Promise<import("./types.js").Manifest>} */
export async function fetchManifest() {
  const response = await fetch("/v1/model").catch(() => {
    throw new RequestError(UNREACHABLE);
  });
  if (!response.ok) throw new RequestError(`Expected the model's manifest. Received: HTTP status ${response.status}.`);
  return (await response.json()).manifest;
}

/**
 * Score a file; XMLHttpRequest, since fetch does not tell how much has been sent.
 *
 * @param {File} file
 * @param {(share: number) => void} onProgress called with the share that has been sent, in [0, 1]
 * @param {AbortSignal} signal
 * @returns {Promise<{result: import("./types.js").Result, json: string}>}
 */
export function score(file, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.upload.onload = () => onProgress(1);
    request.onerror = () => reject(new RequestError(UNREACHABLE));
    request.onabort = () => reject(signal.reason);
    request.onload = () => {
      if (request.getResponseHeader("Content-Type") === "application/json") {
        resolve({ result: JSON.parse(request.responseText), json: request.responseText });
      } else {
        reject(new RequestError(problemDetail(request)));
      }
    };
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", "/v1/score");
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}

/** @param {XMLHttpRequest} request */
function problemDetail(request) {
  try {
    return JSON.parse(request.responseText).detail;
  } catch {
    return `Expected a result. Received: HTTP status ${request.status}.`;
  }
}
