/** Each face's score over time, as a small drawing. */

import { i18n } from '#i18n';
import type { Bands } from '#manifest';
import type { Track } from '../../lib/result';
import { svg } from '../../ui/dom';
import { clock, percent } from '../../ui/words';

const WIDTH = 280;
const HEIGHT = 120;
const LEFT = 34;
const BOTTOM = 16;
const MARGIN = 6;
/** Scores closer than this have labels that overlap. */
const CROWDED = 0.1;

/** Faces beyond these share the last pattern; the chart is too small to tell more apart. */
const DASHES = ['none', '5 3', '2 3', '8 3 2 3'];

/** A chart from 0 to 100 % over the examined time, with the two bounds of the verdict bands dashed. */
export function chart(tracks: Track[], bands: Bands): SVGElement {
  const times = tracks.flatMap((track) => track.frames.map((frame) => frame.time_s));
  const [startS, endS] = [Math.min(...times), Math.max(...times)];
  const x = (timeS: number) => {
    const share = endS > startS ? (timeS - startS) / (endS - startS) : 0.5;
    return LEFT + MARGIN + share * (WIDTH - LEFT - 2 * MARGIN);
  };
  return svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'chart', role: 'img', 'aria-label': summary(tracks) },
    ...levels(bands),
    ...tracks.map((track, index) => curve(track, x, index)),
    label(clock(startS), LEFT, HEIGHT - 3, 'start'),
    label(clock(endS), WIDTH, HEIGHT - 3, 'end'),
  );
}

/** What the chart shows, in words. */
function summary(tracks: Track[]): string {
  const faces = tracks.map(({ track, frames }) => {
    const scores = frames.map((frame) => frame.score);
    return `${i18n.t('panel.face', [track + 1])}: ${percent(Math.min(...scores))}\u2013${percent(Math.max(...scores))}`;
  });
  return `${i18n.t('panel.chart')}: ${faces.join(', ')}`;
}

function y(score: number): number {
  return MARGIN + (1 - score) * (HEIGHT - BOTTOM - 2 * MARGIN);
}

/** The bounds of the bands, and the ends of the scale where no bound's label is in their way. */
function levels(bands: Bands): SVGElement[] {
  const bounds = [bands.likely_authentic_below, bands.likely_manipulated_from];
  const ends = [0, 1].filter((end) => bounds.every((bound) => Math.abs(bound - end) > CROWDED));
  return [...bounds.map((bound) => level(bound, 'bound')), ...ends.map((end) => level(end, 'axis'))];
}

function level(score: number, kind: 'axis' | 'bound'): SVGElement {
  const line = svg('line', { x1: LEFT, x2: WIDTH, y1: y(score), y2: y(score), class: kind });
  return svg('g', {}, line, label(percent(score), LEFT - 4, y(score) + 3, 'end'));
}

function label(text: string, at: number, baseline: number, anchor: string): SVGElement {
  return svg('text', { x: at, y: baseline, 'text-anchor': anchor }, text);
}

/** A line through a face's scores; frames that do not count are hollow. */
function curve(track: Track, x: (timeS: number) => number, index: number): SVGElement {
  const frames = track.frames.toSorted((a, b) => a.time_s - b.time_s); // a video that loops jumps back
  const points = frames.map((frame) => `${x(frame.time_s)},${y(frame.score)}`).join(' ');
  const dots = frames.map((frame) => {
    return svg('circle', { cx: x(frame.time_s), cy: y(frame.score), r: 2, class: frame.flaw ? 'flawed' : 'dot' });
  });
  const dash = DASHES[Math.min(index, DASHES.length - 1)]!;
  return svg('g', { class: 'curve' }, svg('polyline', { points, 'stroke-dasharray': dash }), ...dots);
}
