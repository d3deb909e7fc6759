/** What a program and all that it started take of the machine, by Linux's /proc. */

import { readFileSync, readdirSync } from 'node:fs';

const TICKS_A_S = 100;

/** CPU time in s that the processes below `root`, and it, have spent. */
export function cpuS(root) {
  const ticks = below(root).map((pid) => {
    const fields = stat(pid);
    return fields ? Number(fields[11]) + Number(fields[12]) : 0;
  });
  return sum(ticks) / TICKS_A_S;
}

/** Their memory in MB; what they share counts once. */
export function memoryMb(root) {
  return sum(Object.values(memoryByKindMb(root)));
}

/** The same by Chromium's kinds of processes, e.g. `{ browser: 130, extension: 210, renderer: 60 }`. */
export function memoryByKindMb(root) {
  const kinds = {};
  for (const pid of below(root)) {
    const command = read(`/proc/${pid}/cmdline`) ?? '';
    const kind = command.includes('--extension-process') ? 'extension' : (/--type=([\w-]+)/.exec(command)?.[1] ?? 'browser');
    const kb = Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1] ?? 0);
    kinds[kind] = (kinds[kind] ?? 0) + kb / 1024;
  }
  return kinds;
}

/** How many processes wanted a core over the last minute. */
export function machineLoad() {
  return Number(read('/proc/loadavg').split(' ')[0]);
}

function below(root) {
  const parents = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) parents.set(Number(pid), Number(stat(pid)?.[1]));
  const found = [root];
  for (const pid of found) found.push(...[...parents.keys()].filter((child) => parents.get(child) === pid));
  return found;
}

/** Fields of /proc/PID/stat from the state on; null where the process has ended. */
function stat(pid) {
  const text = read(`/proc/${pid}/stat`);
  return text && text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function read(path) {
  try {
    return readFileSync(path, 'utf-8');
  } catch {
    return null;
  }
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
