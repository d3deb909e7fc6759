/** One shape a state, so that no state is told by colour alone. */

import { svg } from './dom';

const SHAPES = {
  working: ['M12 3a9 9 0 1 0 9 9'],
  'likely manipulated': ['M12 3 22 20H2Z', 'M12 10v4', 'M12 17v.01'],
  'likely authentic': ['M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13', 'M15.5 15.5 21 21', 'M8 10.5h5'],
  inconclusive: ['M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18', 'M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7', 'M12 16.5v.01'],
  failure: ['M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18', 'M5.6 5.6 18.4 18.4'],
  video: ['M3 6h12v12H3Z', 'm15 10.5 6-3.5v10l-6-3.5'],
  move: ['M12 3v18', 'M3 12h18', 'm9 6 3-3 3 3', 'm9 18 3 3 3-3', 'm6 9-3 3 3 3', 'm18 9 3 3-3 3'],
  close: ['M6 6 18 18', 'M18 6 6 18'],
} as const;

/** What an icon can stand for. */
export type IconName = keyof typeof SHAPES;

/** A drawing of 24 x 24 units; the words beside it say the same, so screen readers skip it. */
export function icon(name: IconName): SVGElement {
  const paths = SHAPES[name].map((d) => svg('path', { d }));
  return svg('svg', { viewBox: '0 0 24 24', class: `icon ${name === 'working' ? 'turning' : ''}`, 'aria-hidden': 'true' }, ...paths);
}
