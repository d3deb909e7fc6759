import { i18n } from '#i18n';
import { html } from '../../ui/dom';
import { icon } from '../../ui/icons';
import type { Placement } from './placement';

const STEP_PX = 16;
const STEPS: Record<string, [xPx: number, yPx: number]> = {
  ArrowLeft: [-STEP_PX, 0],
  ArrowRight: [STEP_PX, 0],
  ArrowUp: [0, -STEP_PX],
  ArrowDown: [0, STEP_PX],
};

/** A button that moves a placed element: dragged, or by the arrow keys. */
export function moveHandle({ moveBy }: Placement): HTMLElement {
  const name = i18n.t('badge.move');
  const handle = html('button', { type: 'button', class: 'move', 'aria-label': name, title: name }, icon('move'));
  let last: { x: number; y: number } | null = null;
  handle.addEventListener('pointerdown', (event) => {
    handle.setPointerCapture(event.pointerId);
    last = event;
  });
  handle.addEventListener('pointermove', (event) => {
    if (!last) return;
    moveBy(event.x - last.x, event.y - last.y);
    last = event;
  });
  for (const end of ['pointerup', 'pointercancel']) handle.addEventListener(end, () => (last = null));
  handle.addEventListener('keydown', (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    moveBy(...step);
  });
  return handle;
}
