/** Where the companion may be: on this machine alone, so that no file and no token leaves it. */

/** As `unmask serve` listens by itself. */
export const DEFAULT_ADDRESS = 'http://127.0.0.1:8427';

const LOCAL_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/** A typed address as requests need it, such as `http://127.0.0.1:8427`; null where it is none of this machine. */
export function companionAddress(typed: string): string | null {
  const text = typed.trim();
  if (!URL.canParse(text)) return null;
  const { protocol, hostname, origin, href } = new URL(text);
  return protocol === 'http:' && LOCAL_NAMES.includes(hostname) && href === `${origin}/` ? origin : null;
}

export function isCompanionAddress(value: unknown): value is string {
  return typeof value === 'string' && companionAddress(value) === value;
}

/** Match pattern of the browser's permission for an address; patterns name no port. */
export function companionPattern(address: string): string {
  return `http://${new URL(address).hostname}/*`;
}
