/** Sites as settings name them: by host name alone, since permissions know neither port nor path. */

/** The host name of an http(s) address; null for any other. */
export function siteOf(url: string | undefined): string | null {
  if (url === undefined || !URL.canParse(url)) return null;
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' || protocol === 'https:' ? hostname : null;
}

/** Whether a value is a host name as addresses hold it: lower case, without port or path. No `*`, in patterns all sites. */
export function isSite(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('*') && siteOf(`https://${value}/`) === value;
}

/** The match patterns of a site's pages; two, since Firefox does not see that `*://` is within what it may ask for. */
export function sitePatterns(site: string): string[] {
  return [`https://${site}/*`, `http://${site}/*`];
}
