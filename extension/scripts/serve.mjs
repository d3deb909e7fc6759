/** Serves pages, and media with byte ranges, to the browsers that these scripts drive. */

import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';

const TYPES = { '.mp4': 'video/mp4', '.webm': 'video/webm' };
/** What lies below this path may be read by pages of every site (CORS). */
const SHARED = '/shared/';

/**
 * Resolves to a server that listens on a free port.
 *
 * @param {Record<string, string | { body: string, policy: string }>} pages - bodies by path, and their content policies.
 * @param {Record<string, string>} media - files by path; a query after the path makes no difference.
 */
export function serve(pages, media) {
  const both = Object.keys(pages).filter((path) => path in media);
  if (both.length > 0) throw new Error(`Expected each path to be a page's or a file's. Received: ${both.join(', ')} for both.`);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname in pages) sendPage(response, pages[pathname]);
    else if (pathname in media) sendFile(request, response, pathname, media[pathname]);
    else response.writeHead(404).end();
  });
  return new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(server)));
}

function sendPage(response, page) {
  const { body, policy } = typeof page === 'string' ? { body: page } : page;
  if (policy) response.setHeader('Content-Security-Policy', policy);
  response.setHeader('Content-Type', 'text/html').end(`<!doctype html><link rel="icon" href="data:,">${body}`);
}

function sendFile(request, response, pathname, path) {
  const { size } = statSync(path);
  const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? 'bytes=0-');
  const [start, end] = [Number(from), to ? Number(to) : size - 1];
  response.writeHead(206, {
    'Content-Type': TYPES[extname(path)],
    'Content-Length': end - start + 1,
    'Content-Range': `bytes ${start}-${end}/${size}`,
    'Accept-Ranges': 'bytes',
    ...(pathname.startsWith(SHARED) && { 'Access-Control-Allow-Origin': '*' }),
  });
  createReadStream(path, { start, end }).pipe(response);
}
