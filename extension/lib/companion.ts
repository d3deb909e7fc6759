/** The companion's HTTP interface, as `server/README.md` describes it. */

import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { Bands } from '#manifest';
import { parseManifest } from './bundle';
import { MediaError } from './errors';
import type { Pairing } from './pairing';
import type { Result } from './result';

// Of short questions; files take as long as they take.
const ANSWER_LIMIT_MS = 5000;

/** The fields of a job that matter here. */
interface Job {
  id: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  frames_done: number;
  /** 0 until it is known. */
  frames_wanted: number;
  detail: string | null;
}

type Request = { body?: BodyInit; type?: string; signal?: AbortSignal };

/** Exchanges the one-time code for a token; rejects with `MediaError`, `companion_refused` where the code does not count. */
export async function pair(address: string, code: string): Promise<Pairing> {
  const name = `Unmask ${crypto.randomUUID().slice(0, 8)}`;
  const body = JSON.stringify({ code, name });
  const answer = await ask({ address, token: null }, 'POST', '/pair', { body, type: 'application/json', signal: soon() });
  const { token } = (await answer.json()) as { token: string };
  return { address, token, name };
}

/** Rejects with `MediaError` where the companion does not answer, or no longer knows the token. */
export async function requirePaired(pairing: Pairing): Promise<void> {
  await ask(pairing, 'GET', '/pairings', { signal: soon() });
}

/** Makes the token worthless; rejects with `MediaError` as above. */
export async function unpair(pairing: Pairing): Promise<void> {
  const answer = await ask(pairing, 'GET', '/pairings', { signal: soon() });
  const { pairings } = (await answer.json()) as { pairings: { id: string; name: string }[] };
  const own = pairings.filter(({ name }) => name === pairing.name);
  await Promise.all(own.map(({ id }) => ask(pairing, 'DELETE', `/pairings/${id}`, { signal: soon() })));
}

/**
 * Has a file scored, which the companion then forgets, with its result: what is kept is for the extension's own history
 * to say. Rejects with `MediaError`, or with the signal's reason.
 *
 * @param onProgress - told frames that were scored of those that will be; null until their number is known.
 */
export async function scoreFile(
  pairing: Pairing,
  file: Blob,
  onProgress: (done: number, total: number | null) => void,
  signal: AbortSignal,
): Promise<{ result: Result; bands: Bands }> {
  const { bands } = await manifestOf(pairing);
  const sent = await ask(pairing, 'POST', '/jobs', { body: file, type: 'application/octet-stream', signal });
  const { id } = (await sent.json()) as Job;
  try {
    const { state, detail } = await finished(pairing, id, onProgress, signal);
    if (state !== 'done') throw new MediaError('companion_failed', detail ?? `Expected a result. Received: a job that ${state}.`);
    const answer = await ask(pairing, 'GET', `/jobs/${id}/result`, { signal });
    return { result: (await answer.json()) as Result, bands };
  } finally {
    await ask(pairing, 'DELETE', `/jobs/${id}`, { signal: soon() }).catch(console.warn); // ends it where it still runs
  }
}

/** The manifest of the companion's detector, if this extension knows such manifests. */
async function manifestOf(pairing: Pairing) {
  const answer = await ask(pairing, 'GET', '/model', { signal: soon() });
  try {
    return parseManifest(((await answer.json()) as { manifest: unknown }).manifest);
  } catch (error) {
    throw new MediaError('companion_failed', String(error));
  }
}

/** Follows a job by its events until it has ended. */
async function finished(
  pairing: Pairing,
  id: string,
  onProgress: (done: number, total: number | null) => void,
  signal: AbortSignal,
): Promise<Job> {
  const { body } = await ask(pairing, 'GET', `/jobs/${id}/events`, { signal });
  const events = body!.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader();
  for (;;) {
    const { value, done } = await events.read().catch((error) => {
      throw signal.aborted ? error : unreachable(pairing.address, error);
    });
    const received = 'the end of its events';
    if (done) throw unreachable(pairing.address, received);
    const job = JSON.parse(value.data) as Job;
    if (job.state !== 'queued' && job.state !== 'running') return job;
    onProgress(job.frames_done, job.frames_wanted || null);
  }
}

/** Asks the paired address and no other: a redirection would take the token along. */
async function ask(
  { address, token }: { address: string; token: string | null },
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  { body, type, signal }: Request,
): Promise<Response> {
  const answer = await fetch(`${address}/v1${path}`, {
    method,
    headers: { ...(token !== null && { Authorization: `Bearer ${token}` }), ...(type && { 'Content-Type': type }) },
    ...(body !== undefined && { body }),
    ...(signal && { signal }),
    credentials: 'omit',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
    cache: 'no-store',
  }).catch((error) => {
    const gaveUp = signal?.aborted && signal.reason?.name !== 'TimeoutError';
    throw gaveUp ? error : unreachable(address, error);
  });
  if (answer.ok) return answer;
  const reason = answer.status === 401 || answer.status === 403 ? 'companion_refused' : 'companion_failed';
  throw new MediaError(reason, await problemOf(answer));
}

function unreachable(address: string, received: unknown): MediaError {
  return new MediaError('companion_unreachable', `Expected the companion at ${address}. Received: ${received}.`);
}

/** What a problem document (RFC 9457) says. */
async function problemOf(answer: Response): Promise<string> {
  const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
  const message = problem.detail ?? `Expected an answer of the companion. Received: HTTP status ${answer.status}.`;
  return message;
}

function soon(): AbortSignal {
  return AbortSignal.timeout(ANSWER_LIMIT_MS);
}
