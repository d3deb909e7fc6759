// @ts-check
/** Fills the result part of the page. */

import { Chart } from "./chart.js";
import { byId, html, setText, svg } from "./dom.js";
import { markPath } from "./marks.js";
import { Preview } from "./preview.js";
import { finding, flawWords, headline, kindOf, madeBy, percent, reportFacts, seconds } from "./words.js";

/** @typedef {import("./types.js").Result} Result */

/** @type {Preview | undefined} */
let preview;
/** @type {Chart | undefined} */
let chart;
let downloadUrl = "";

byId("print", HTMLButtonElement).addEventListener("click", () => print());

/**
 * @param {import("./files.js").Entry} entry whose file is shown from disk: the server has already deleted its copy
 * @param {import("./types.js").Job} job
 * @param {Result} result without an error
 * @param {string} json the result as the server sent it
 * @param {import("./types.js").Manifest} manifest
 */
export function showResult({ name, file }, job, result, json, manifest) {
  setText("input-name", name);
  showFinding(result, manifest);
  showFaces(result);
  showTable(result);
  const facts = reportFacts(job, result, manifest).flatMap(([term, text]) => [html("dt", term), html("dd", text)]);
  byId("facts", HTMLElement).replaceChildren(...facts);
  setText("timings", madeBy(result));
  offerDownload(name, json);

  preview?.close();
  chart?.close();
  chart = undefined;
  preview = new Preview(name, file, result, (time_s) => chart?.moveTo(time_s));
  byId("time", HTMLElement).hidden = result.duration_s === null;
  if (result.duration_s !== null) {
    const shown = preview;
    chart = new Chart(byId("chart", SVGSVGElement), result, manifest.bands, (time_s) => shown.seek(time_s));
  }
}

/** @param {Result} result @param {import("./types.js").Manifest} manifest */
function showFinding(result, manifest) {
  const scored = /** @type {Parameters<typeof finding>[0]} */ (result);
  const words = finding(scored, manifest);
  byId("finding", HTMLElement).dataset.kind = words.icon;
  byId("finding-icon", SVGUseElement).setAttribute("href", `#icon-${words.icon}`);
  setText("headline", words.headline);
  setText("caveat", words.caveat);
  setText("meaning", words.meaning);
  setText("reason", words.reason);
  byId("reason", HTMLElement).hidden = !words.reason;
  setText("score", percent(scored.score));
  setText("score-meaning", words.scoreMeaning);
  const scale = byId("scale", HTMLElement).style;
  scale.setProperty("--from-middle", String(manifest.bands.likely_authentic_below));
  scale.setProperty("--from-high", String(manifest.bands.likely_manipulated_from));
  scale.setProperty("--score", String(scored.score));
}

/** @param {Result} result */
function showFaces(result) {
  const mostSuspiciousFirst = [...result.tracks].sort((a, b) => b.score - a.score);
  const items = mostSuspiciousFirst.map((track) => {
    const mark = svg("svg", { viewBox: "-8 -8 16 16", class: `mark face-${track.track % 6}`, "aria-hidden": "true" });
    mark.append(svg("path", { d: markPath(track.track, 6) }));
    const seen = kindOf(result) === "video" ? html("small", `seen in ${track.frames.length} of ${result.frames_sampled} frames`) : "";
    const name = html("span", html("strong", `Face ${track.track + 1}`), " ", seen);
    return html("li", mark, name, html("span", headline(track.verdict)), html("b", percent(track.score)));
  });
  byId("faces", HTMLElement).replaceChildren(...items);
}

/** @param {Result} result */
function showTable(result) {
  const rows = result.tracks.flatMap((track) =>
    track.frames.map((frame) => {
      const cells = [String(track.track + 1), seconds(frame.time_s), percent(frame.score), flawWords(frame.flaw)];
      return html("tr", ...cells.map((cell) => html("td", cell)));
    }),
  );
  byId("table", HTMLElement).replaceChildren(...rows);
}

/** @param {string} name @param {string} json */
function offerDownload(name, json) {
  URL.revokeObjectURL(downloadUrl);
  downloadUrl = URL.createObjectURL(new Blob([json], { type: "application/json" }));
  const link = byId("download", HTMLAnchorElement);
  link.href = downloadUrl;
  link.download = `${name}.unmask.json`;
}
