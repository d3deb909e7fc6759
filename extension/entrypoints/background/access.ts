/** Asks for the sites that a click in the context menu needs and that it does not grant by itself. */

/**
 * Resolves once the user has answered, or at once if nothing is missing. A refusal is no error: the check then makes do
 * with what the page's own player shows.
 */
export async function requestAccess(info: Browser.contextMenus.OnClickData, tab: Browser.tabs.Tab): Promise<void> {
  const own = originPattern(tab.url); // activeTab covers it
  const needed = [info.srcUrl, info.frameUrl].map(originPattern).filter((origin) => origin !== undefined && origin !== own);
  const origins = [...new Set(needed)] as string[];
  if (origins.length > 0) await browser.permissions.request({ origins }).catch(console.warn);
}

/** Match pattern of an http(s) address's site; patterns name no port. */
function originPattern(url: string | undefined): string | undefined {
  const { protocol, hostname } = new URL(url ?? 'about:blank');
  return protocol === 'http:' || protocol === 'https:' ? `${protocol}//${hostname}/*` : undefined;
}
