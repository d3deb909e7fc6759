import { describe, expect, it } from 'vitest';
import { ahead } from '../lib/ahead';

async function* counted(begun: number[], failsAt = Infinity, ended = () => {}): AsyncGenerator<number, string> {
  try {
    for (let k = 0; k < 3; k++) {
      begun.push(k);
      if (k === failsAt) throw new Error('spoilt');
      yield k;
    }
    return 'end';
  } finally {
    ended();
  }
}

describe('ahead', () => {
  it('begins an item while the one before is worked on, and gives all and the end', async () => {
    const begun: number[] = [];
    const items = ahead(counted(begun));
    expect(await items.next()).toEqual({ done: false, value: 0 });
    expect(begun).toEqual([0, 1]);
    expect([(await items.next()).value, (await items.next()).value]).toEqual([1, 2]);
    expect(await items.next()).toEqual({ done: true, value: 'end' });
  });

  it('tells what fails when its turn comes', async () => {
    const items = ahead(counted([], 1));
    expect((await items.next()).value).toBe(0);
    await expect(items.next()).rejects.toThrow('spoilt');
  });

  it('is silent about what nobody asks for', async () => {
    const items = ahead(counted([], 1));
    await items.next();
    expect(await items.return('left')).toEqual({ done: true, value: 'left' });
  });

  it('ends the items when it is left', async () => {
    await new Promise<void>((ended) => {
      const items = ahead(counted([], Infinity, ended));
      void items.next().then(() => items.return('left'));
    });
  });
});
