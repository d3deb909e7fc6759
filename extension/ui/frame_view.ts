/** One examined frame with the faces found in it: their boxes, and where each looks changed. */

import { i18n } from '#i18n';
import type { Box } from '../lib/geometry';
import type { Picture, Report } from '../lib/messages';
import type { FaceFrame } from '../lib/result';
import { html } from './dom';
import { facesAt } from './moments';
import { moment, percent } from './words';

/** Unlike any skin; also in `badge.css`. */
const MAP_RGB = '214 31 160';
const MAP_ALPHA = 0.7;
/** A dark line under a bright one is seen on any picture. */
const BOX_STROKES = [
  { widthPx: 6, colour: 'rgb(0 0 0 / 60%)' },
  { widthPx: 3, colour: '#fff' },
];

/** The view; shows nothing until it is told a moment. */
export class FrameView {
  private readonly canvas = html('canvas', { role: 'img' });
  private readonly mapToggle = html('input', { type: 'checkbox', checked: '' });
  private timeS: number | null = null;
  readonly element = html(
    'figure',
    {},
    this.canvas,
    html(
      'figcaption',
      {},
      html('label', {}, this.mapToggle, ` ${i18n.t('panel.region_map')}`),
      html('span', { class: 'legend' }, i18n.t('panel.map_unchanged'), html('i'), i18n.t('panel.map_changed')),
    ),
  );

  constructor(private readonly report: Report) {
    this.mapToggle.addEventListener('change', () => void this.draw());
  }

  show(timeS: number): void {
    this.timeS = timeS;
    const scores = facesAt(this.report.result.tracks, timeS).map(({ number, face }) => faceScore(number, face));
    this.canvas.setAttribute('aria-label', i18n.t('panel.picture', [moment(timeS), scores.join(', ')]));
    void this.draw();
  }

  private async draw(): Promise<void> {
    const { timeS, report } = this;
    const picture = report.pictures.find((taken) => taken.time_s === timeS);
    if (timeS === null || !picture) return;
    const bitmap = await decoded(picture);
    if (this.timeS !== timeS) return; // another moment was chosen meanwhile
    Object.assign(this.canvas, { width: bitmap.width, height: bitmap.height });
    const context = this.canvas.getContext('2d')!;
    context.drawImage(bitmap, 0, 0);
    const scale = bitmap.width / report.result.width_px!;
    for (const { number, face } of facesAt(report.result.tracks, timeS)) {
      if (this.mapToggle.checked) drawMap(context, face.region_map, scaled(face.crop, scale));
      drawBox(context, scaled(face.box, scale), i18n.t('panel.face', [number]));
    }
    bitmap.close();
  }
}

/** A face's square as a picture of its own. */
export function thumbnail({ pictures, result }: Report, face: FaceFrame, label: string): HTMLCanvasElement {
  const sidePx = 96;
  const canvas = html('canvas', { class: 'thumbnail', role: 'img', 'aria-label': label });
  Object.assign(canvas, { width: sidePx, height: sidePx });
  const picture = pictures.find((taken) => taken.time_s === face.time_s);
  if (picture) {
    void decoded(picture).then((bitmap) => {
      const [left, top, right, bottom] = scaled(face.crop, bitmap.width / result.width_px!);
      canvas.getContext('2d')!.drawImage(bitmap, left, top, right - left, bottom - top, 0, 0, sidePx, sidePx);
      bitmap.close();
    });
  }
  return canvas;
}

/** A face of a moment in words, e.g. `Face 1, 87 %`. */
export function faceScore(number: number, { score }: FaceFrame): string {
  return i18n.t('panel.face_at', [number, percent(score)]);
}

/** Not by an `<img>` or `fetch`: pages may forbid both for data addresses. */
function decoded({ jpeg }: Picture): Promise<ImageBitmap> {
  const bytes = Uint8Array.from(atob(jpeg.slice(jpeg.indexOf(',') + 1)), (character) => character.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
}

function scaled(box: Box, scale: number): Box {
  return box.map((edge) => edge * scale) as Box;
}

function drawMap(context: CanvasRenderingContext2D, map: number[][], [x1, y1, x2, y2]: Box): void {
  for (const [row, cells] of map.entries()) {
    for (const [column, changed] of cells.entries()) {
      // Edges are rounded alike on both sides, so that cells meet without gaps or overlap.
      const left = Math.round(x1 + ((x2 - x1) * column) / cells.length);
      const right = Math.round(x1 + ((x2 - x1) * (column + 1)) / cells.length);
      const top = Math.round(y1 + ((y2 - y1) * row) / map.length);
      const bottom = Math.round(y1 + ((y2 - y1) * (row + 1)) / map.length);
      context.fillStyle = `rgb(${MAP_RGB} / ${MAP_ALPHA * changed})`;
      context.fillRect(left, top, right - left, bottom - top);
    }
  }
}

function drawBox(context: CanvasRenderingContext2D, [x1, y1, x2, y2]: Box, label: string): void {
  for (const { widthPx, colour } of BOX_STROKES) {
    context.lineWidth = widthPx;
    context.strokeStyle = colour;
    context.strokeRect(x1, y1, x2 - x1, y2 - y1);
  }
  context.font = '600 20px system-ui, sans-serif';
  const width = context.measureText(label).width + 14;
  const left = Math.max(0, Math.min(x1 - 3, context.canvas.width - width));
  const top = Math.max(0, y1 - 31);
  context.fillStyle = 'rgb(0 0 0 / 75%)';
  context.fillRect(left, top, width, 28);
  context.fillStyle = '#fff';
  context.fillText(label, left + 7, top + 21);
}
