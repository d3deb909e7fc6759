/** What the user wants on a site. A site is in one list at most. */

import type { Settings } from './settings';

export const SITE_CHOICES = ['on_request', 'watch', 'never'] as const;
export type SiteChoice = (typeof SITE_CHOICES)[number];

type SiteLists = Pick<Settings, 'watchSites' | 'neverSites'>;

export function choiceOn(site: string, { watchSites, neverSites }: SiteLists): SiteChoice {
  if (neverSites.includes(site)) return 'never';
  return watchSites.includes(site) ? 'watch' : 'on_request';
}

/** The lists after a choice. */
export function withChoice(site: string, choice: SiteChoice, { watchSites, neverSites }: SiteLists): SiteLists {
  const others = (sites: string[]) => sites.filter((other) => other !== site);
  return {
    watchSites: [...others(watchSites), ...(choice === 'watch' ? [site] : [])],
    neverSites: [...others(neverSites), ...(choice === 'never' ? [site] : [])],
  };
}
