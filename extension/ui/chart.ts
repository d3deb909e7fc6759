/** Each face's score over time, and the moment that is looked at. */

import { i18n } from '#i18n';
import type { Bands } from '#manifest';
import type { Track } from '../lib/result';
import { svg } from './dom';
import { faceScore } from './frame_view';
import { facesAt, momentsOf } from './moments';
import { clock, moment, percent } from './words';

const WIDTH = 300;
const HEIGHT = 120;
const LEFT = 34;
const BOTTOM = 16;
const MARGIN = 6;
/** Scores closer than this have labels that overlap. */
const CROWDED = 0.1;

/** Faces beyond these share the last pattern; the chart is too small to tell more apart. */
const DASHES = ['none', '5 3', '2 3', '8 3 2 3'];

/**
 * A chart from 0 to 100 % over the examined time, the two bounds of the verdict bands dashed. A slider: a click or the
 * arrow keys choose one of the examined moments.
 */
export class Chart {
  private readonly moments: number[];
  private readonly playhead = svg('line', { class: 'playhead', y1: y(1), y2: y(0) });
  private at = 0;
  readonly element: SVGElement;

  /** @param tracks - with two examined moments at least. */
  constructor(
    private readonly tracks: Track[],
    bands: Bands,
    private readonly onMoment: (timeS: number) => void,
  ) {
    this.moments = momentsOf(tracks);
    const label = i18n.t('panel.chart');
    const role = { role: 'slider', tabindex: 0, 'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': this.moments.length - 1 };
    this.element = svg(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'chart', ...role },
      ...levels(bands),
      ...tracks.map((track, index) => this.curve(track, index)),
      text(clock(this.moments[0]!), LEFT, HEIGHT - 3, 'start'),
      text(clock(this.moments.at(-1)!), WIDTH, HEIGHT - 3, 'end'),
      this.playhead,
    );
    this.element.addEventListener('click', (event) => this.choose(this.nearest(event.clientX)));
    this.element.addEventListener('keydown', (event) => this.onKey(event));
  }

  /** Marks a moment; calls nobody back. */
  mark(timeS: number): void {
    this.at = this.moments.indexOf(timeS);
    this.playhead.setAttribute('transform', `translate(${this.x(timeS)} 0)`);
    const scores = facesAt(this.tracks, timeS).map(({ number, face }) => faceScore(number, face));
    this.element.setAttribute('aria-valuenow', String(this.at));
    this.element.setAttribute('aria-valuetext', `${moment(timeS)}: ${scores.join('; ')}`);
  }

  private choose(index: number): void {
    const timeS = this.moments[Math.min(Math.max(index, 0), this.moments.length - 1)]!;
    this.mark(timeS);
    this.onMoment(timeS);
  }

  private onKey(event: KeyboardEvent): void {
    const { at } = this;
    const targets: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      Home: 0,
      End: this.moments.length - 1,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.choose(target);
  }

  /** Index of the moment drawn closest to a place in the window. */
  private nearest(clientX: number): number {
    const { left, width } = this.element.getBoundingClientRect();
    const clickedX = ((clientX - left) / width) * WIDTH;
    const distances = this.moments.map((timeS) => Math.abs(this.x(timeS) - clickedX));
    return distances.indexOf(Math.min(...distances));
  }

  private x(timeS: number): number {
    const [startS, endS] = [this.moments[0]!, this.moments.at(-1)!];
    return LEFT + MARGIN + ((timeS - startS) / (endS - startS)) * (WIDTH - LEFT - 2 * MARGIN);
  }

  /** A line through a face's scores; frames that do not count are hollow. */
  private curve(track: Track, index: number): SVGElement {
    const frames = track.frames.toSorted((a, b) => a.time_s - b.time_s); // a video that loops jumps back
    const points = frames.map((frame) => `${this.x(frame.time_s)},${y(frame.score)}`).join(' ');
    const dots = frames.map((frame) => {
      return svg('circle', { cx: this.x(frame.time_s), cy: y(frame.score), r: 2.5, class: frame.flaw ? 'flawed' : 'dot' });
    });
    const dash = DASHES[Math.min(index, DASHES.length - 1)]!;
    return svg('g', { class: 'curve' }, svg('polyline', { points, 'stroke-dasharray': dash }), ...dots);
  }
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
  return svg('g', {}, line, text(percent(score), LEFT - 4, y(score) + 3, 'end'));
}

function text(content: string, at: number, baseline: number, anchor: string): SVGElement {
  return svg('text', { x: at, y: baseline, 'text-anchor': anchor }, content);
}
