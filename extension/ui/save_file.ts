/** Saves content as a JSON file where the browser keeps downloads; the name tells when. */
export function saveJson(name: string, content: unknown): void {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const address = URL.createObjectURL(new Blob([JSON.stringify(content, null, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  Object.assign(link, { href: address, download: `unmask-${name}-${time}.json` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // a browser may ask first where to put it
}
