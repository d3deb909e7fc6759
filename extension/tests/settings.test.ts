/** Settings are kept, one at a time, and never believed before they are looked at. */

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { companionAddress } from '../lib/companion_address';
import { forgetPairing, keepPairing, readPairing } from '../lib/pairing';
import { DEFAULTS, type Settings, changeSettings, onSettings, readSettings } from '../lib/settings';
import { isSite, siteOf, sitePatterns } from '../lib/sites';

beforeEach(() => fakeBrowser.reset());

describe('settings', () => {
  it('keep nothing and look at nothing unasked until they are changed', async () => {
    expect(await readSettings()).toEqual(DEFAULTS);
    expect(DEFAULTS).toMatchObject({ watchSites: [], history: false });
  });

  it('are changed one at a time', async () => {
    await changeSettings({ history: true });
    await changeSettings({ watchSites: ['video.example'], sensitivity: 'cautious' });
    const expected = { ...DEFAULTS, history: true, watchSites: ['video.example'], sensitivity: 'cautious' };
    expect(await readSettings()).toEqual(expected);
  });

  it.each<[keyof Settings, unknown]>([
    ['runtime', 'onnx'],
    ['sensitivity', 0.5],
    ['watchSites', 'video.example'],
    ['watchSites', ['https://video.example/']],
    ['neverSites', [1]],
    ['paused', 'yes'],
    ['history', null],
    ['companion', 'http://video.example'],
    ['companion', 'http://127.0.0.1:8427/'],
  ])('have their default where %s is kept as %j, and cannot be set to that', async (key, value) => {
    await changeSettings({ paused: true, sensitivity: 'sensitive', runtime: 'tfjs' });
    const before = await readSettings();
    await expect(changeSettings({ [key]: value })).rejects.toThrow(`Expected a value that the setting ${key} may have.`);
    await fakeBrowser.storage.local.set({ [key]: value });
    expect(await readSettings()).toEqual({ ...before, [key]: DEFAULTS[key] });
  });

  it('refuse what is no setting', async () => {
    await expect(changeSettings({ telemetry: true } as object)).rejects.toThrow('Expected a value that the setting telemetry');
  });

  it('are told to whoever listens, until it stops', async () => {
    const heard = vi.fn();
    const stop = onSettings(heard);
    await changeSettings({ paused: true });
    await vi.waitFor(() => expect(heard).toHaveBeenCalledExactlyOnceWith({ ...DEFAULTS, paused: true }));
    stop();
    await changeSettings({ paused: false });
    await readSettings();
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe('the companion', () => {
  it.each([
    [' http://127.0.0.1:8427/ ', 'http://127.0.0.1:8427'],
    ['http://localhost', 'http://localhost'],
    ['http://[::1]:9000', 'http://[::1]:9000'],
    ['https://127.0.0.1:8427', null],
    ['http://192.168.1.2:8427', null],
    ['http://127.0.0.1.video.example', null],
    ['http://127.0.0.1:8427/v1', null],
    ['http://user@127.0.0.1', null],
    ['127.0.0.1:8427', null],
    ['', null],
  ])('typed as %j is at %s', (typed, address) => {
    expect(companionAddress(typed)).toBe(address);
  });

  it('is forgotten with its token', async () => {
    const pairing = { address: 'http://127.0.0.1:8427', token: 'secret', name: 'Unmask 1' };
    expect(await readPairing()).toBeNull();
    await keepPairing(pairing);
    expect(await readPairing()).toEqual(pairing);
    expect(JSON.stringify(await readSettings())).not.toContain('secret');
    await forgetPairing();
    expect(await readPairing()).toBeNull();
    expect(JSON.stringify(await fakeBrowser.storage.local.get())).not.toContain('secret');
  });
});

describe('sites', () => {
  it.each([
    ['https://video.example:8443/watch?v=1', 'video.example'],
    ['http://127.0.0.1:8000/', '127.0.0.1'],
    ['https://B\u00fccher.example/', 'xn--bcher-kva.example'],
    ['file:///clip.mp4', null],
    ['about:blank', null],
    ['', null],
    [undefined, null],
  ])('of %s is %s', (url, site) => {
    expect(siteOf(url)).toBe(site);
  });

  it.each(['video.example', '127.0.0.1', '[::1]'])('may be %s', (site) => {
    expect(isSite(site)).toBe(true);
    expect(sitePatterns(site)).toEqual([`https://${site}/*`, `http://${site}/*`]);
  });

  it.each(['', 'Video.example', 'video.example/watch', 'video.example:80', '*', '*.example', 'a b', null])('may not be %j', (site) => {
    expect(isSite(site)).toBe(false);
  });
});
