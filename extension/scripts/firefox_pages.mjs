/**
 * Gives the check's shortcut in headless Firefox on pages that play a clip in the ways that sites do, and compares what the
 * badge says with what it should. Fails where that differs, or where the page's document has changed.
 *
 *     npm run test:firefox -- CLIP [PAGE ...]
 *
 * FFmpeg, which cuts the clip into fragments, is the one on the path, or that which `UNMASK_FFMPEG` names.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { launch, pressShortcut } from './firefox.mjs';
import { serve } from './serve.mjs';

const FFMPEG = process.env.UNMASK_FFMPEG ?? 'ffmpeg';
const VERDICT_LIMIT_MS = 180_000;
const READY_LIMIT_MS = 60_000;
/** Of what the badge said, enough to tell which pixels it saw. */
const LAST_CHARACTERS = 600;

const WHOLE = /Forgery score \d+\s%.*spread over the whole clip/s;
const WATCHED = /Forgery score \d+\s%.*only the moments watched/s;
const ON_SCREEN = /Forgery score \d+\s%.*as the screen showed them/s;
const ONE_FRAME = /Forgery score \d+\s%.*1 frame, only the moments watched/s;

const VIDEO = '<video src="clip" width="640" muted></video>';
const STRICT = "default-src 'none'; media-src 'self'; require-trusted-types-for 'script'";

/** A player that is fed by Media Source Extensions. */
function stream(name, type, then = 'source.endOfStream()') {
  return `<video width="640" muted autoplay loop></video><script>
    const source = new MediaSource();
    document.querySelector('video').src = URL.createObjectURL(source);
    source.onsourceopen = async () => {
      const buffer = source.addSourceBuffer('${type}');
      buffer.onupdateend = () => ((buffer.onupdateend = null), ${then});
      buffer.appendBuffer(await (await fetch('${name}')).arrayBuffer());
    };
  </script>`;
}

/** A player of another site, whose name is of this machine, too. */
function otherSite(path, attributes) {
  return `<video width="640" muted ${attributes}></video><script>
    document.querySelector('video').src = location.origin.replace('127.0.0.1', 'localhost') + '${path}';
  </script>`;
}

/** Pages by path: body or body and content policy, and what the badge then says. `ready()` tells when a page may be checked, if not at its video's first frame. */
const PAGES = {
  '/file': [VIDEO, WHOLE],
  '/file-playing': ['<video src="clip" width="640" muted autoplay loop></video>', WHOLE],
  '/strict': [{ body: VIDEO, policy: STRICT }, WHOLE],
  '/blob-playing': [
    `<video width="640" muted autoplay loop></video><script>
      fetch('clip').then((r) => r.blob()).then((blob) => document.querySelector('video').src = URL.createObjectURL(blob));
    </script>`,
    WATCHED,
  ],
  '/blob-paused': [
    `<video width="640" muted></video><script>
      fetch('clip').then((r) => r.blob()).then((blob) => document.querySelector('video').src = URL.createObjectURL(blob));
    </script>`,
    ONE_FRAME,
  ],
  '/stream-mp4': [stream('fragments-mp4', 'video/mp4; codecs="avc1.42c01e"'), WATCHED],
  '/stream-webm': [stream('fragments-webm', 'video/webm; codecs="vp9"'), WATCHED],
  '/live': [stream('fragments-webm', 'video/webm; codecs="vp9"', 'source.duration = Infinity'), WATCHED],
  '/live-capture': [
    `<canvas width="640" height="640" hidden></canvas><video src="clip" muted autoplay loop style="width: 1px"></video>
    <video width="640" muted autoplay></video><script>
      const [small, large] = document.querySelectorAll('video');
      const canvas = document.querySelector('canvas');
      setInterval(() => canvas.getContext('2d').drawImage(small, 0, 0, 640, 640), 50);
      large.srcObject = canvas.captureStream();
      globalThis.ready = () => small.currentTime > 0 && large.readyState >= 2;
    </script>`,
    WATCHED,
  ],
  '/shadow': [
    `<main></main><script>
      const root = document.querySelector('main').attachShadow({ mode: 'closed' });
      root.innerHTML = '${VIDEO}';
      globalThis.ready = () => root.firstChild.readyState >= 2;
    </script>`,
    WHOLE,
  ],
  '/frame': [
    `<iframe src="file" width="700" height="700"></iframe><script>
      globalThis.ready = () => document.querySelector('iframe').contentDocument?.querySelector('video')?.readyState >= 2;
    </script>`,
    WHOLE,
  ],
  '/other-site': [otherSite('/clip', 'autoplay loop'), ON_SCREEN],
  '/other-site-shared': [otherSite('/shared/clip', 'crossorigin'), WHOLE],
  '/swapped': [
    `${VIDEO}<script>
      const video = document.querySelector('video');
      let swapped = false;
      video.onloadeddata = () => ((video.onloadeddata = () => (swapped = true)), (video.src = 'clip?next'));
      globalThis.ready = () => swapped;
    </script>`,
    WHOLE,
  ],
  '/one-frame': ['<video src="clip-one-frame" width="640" muted></video>', /Forgery score \d+\s%/],
  '/no-length': ['<video src="clip-no-length" width="640" height="300" muted></video><script>globalThis.ready = () => true</script>', /shows no picture yet/],
  '/sound': ['<video src="clip-sound" width="640" height="300" muted></video>', /sound only/],
  '/text': ['<p>Text</p>', /No video is visible here/],
};

/** Cuts the clip into what the pages play; returns files by the paths at which they are served. */
function makeMedia(clip, folder) {
  const make = (name, ...options) => {
    const path = join(folder, name);
    execFileSync(FFMPEG, ['-y', '-loglevel', 'error', ...options, path]);
    return path;
  };
  const square = ['-i', clip, '-vf', 'scale=640:640'];
  const h264 = ['-c:v', 'libx264', '-profile:v', 'baseline', '-level', '3.0', '-pix_fmt', 'yuv420p'];
  return {
    '/clip': clip,
    '/shared/clip': clip,
    '/fragments-mp4': make('fragments.mp4', ...square, ...h264, '-movflags', 'frag_keyframe+empty_moov+default_base_moof'),
    '/fragments-webm': make('fragments.webm', ...square, '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-dash', '1'),
    '/clip-one-frame': make('one_frame.mp4', '-i', clip, '-c', 'copy', '-frames:v', '1'),
    '/clip-no-length': make('no_length.mp4', '-f', 'lavfi', '-i', 'color=s=256x256:d=1', '-frames:v', '0', '-movflags', 'empty_moov'),
    '/clip-sound': make('sound.webm', '-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'libopus'),
  };
}

/** What the badge says once it has a verdict, unfolded, or has given up; in whichever frame of the page it is. */
async function finalText(page) {
  const found = page.frames().map(async (frame) => {
    const card = await frame.waitForFunction(
      () => {
        const tree = document.querySelector('unmask-badge')?.shadowRoot;
        tree?.querySelector('details:not([open]) > summary')?.click();
        return tree?.querySelector('section:has(dl), [data-state="failure"]');
      },
      { timeout: VERDICT_LIMIT_MS },
    );
    return card.evaluate((section) => section.textContent);
  });
  return Promise.any(found).catch(({ errors }) => Promise.reject(errors[0]));
}

/** The page's own document. */
function documentOf(page) {
  return page.evaluate(() => {
    const copy = document.documentElement.cloneNode(true);
    copy.querySelectorAll('unmask-badge').forEach((badge) => badge.remove());
    return copy.outerHTML;
  });
}

/** What is wrong with the check of a page; null if nothing is. */
async function wrongOn(browser, extensionId, url, expected) {
  const page = await browser.newPage();
  try {
    await page.goto(url);
    await page.waitForFunction(() => globalThis.ready?.() ?? (document.querySelector('video')?.readyState ?? 2) >= 2, { timeout: READY_LIMIT_MS });
    const before = await documentOf(page);
    await page.bringToFront();
    await pressShortcut(browser, extensionId);
    const text = await finalText(page);
    if (!expected.test(text)) return `Expected ${expected}. Received: ${text.slice(-LAST_CHARACTERS)}`;
    return (await documentOf(page)) === before ? null : 'Expected the page as it was. Received: another document.';
  } catch (error) {
    return String(error);
  } finally {
    await page.close();
  }
}

const [clip, ...named] = process.argv.slice(2);
if (!clip) throw new Error('Expected the path of a clip. Received: none.');
const folder = mkdtempSync(join(tmpdir(), 'unmask-'));
const bodies = Object.fromEntries(Object.entries(PAGES).map(([path, [page]]) => [path, page]));
const server = await serve(bodies, makeMedia(resolve(clip), folder));
const { browser, extensionId } = await launch();
let failures = 0;
try {
  for (const [path, [, expected]] of Object.entries(PAGES)) {
    if (named.length > 0 && !named.includes(path.slice(1))) continue;
    const wrong = await wrongOn(browser, extensionId, `http://127.0.0.1:${server.address().port}${path}`, expected);
    console.log(`${wrong ? 'FAILED' : 'passed'}  ${path}${wrong ? `: ${wrong}` : ''}`);
    failures += wrong ? 1 : 0;
  }
} finally {
  await browser.close();
  server.close();
  rmSync(folder, { recursive: true });
}
process.exitCode = failures > 0 ? 1 : 0;
