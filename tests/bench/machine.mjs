// What the machine and the browser's processes do, from Linux's /proc. Elsewhere everything here is unknown (null).

import fs from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const TICKS = 100;

/** @param {string} file */
function read(file) {
  try {
    return fs.readFileSync(file, 'utf-8');
  } catch {
    // no such system, or the process has ended
    return null;
  }
}

/** Processor seconds of the whole machine since it started. */
function machineBusy() {
  const line = read('/proc/stat')?.split('\n')[0];
  const ticks = line?.trim().split(/\s+/).slice(1).map(Number);
  // user, nice, system, irq, softirq, steal; not idle, not waiting
  return ticks ? [0, 1, 2, 5, 6, 7].reduce((sum, i) => sum + ticks[i], 0) / TICKS : null;
}

/** The cores that are busy just now, over half a second. */
export async function coresBusy() {
  const before = machineBusy();
  const start = process.hrtime.bigint();
  await sleep(500);
  const after = machineBusy();
  return before === null || after === null ? null : (after - before) / (Number(process.hrtime.bigint() - start) / 1e9);
}

/** The processes of a browser: memory and processor time. */
export class Processes {
  /** @type {Map<number, { type: string, peak: number, now: number, cpu: number }>} */
  #seen = new Map();
  #cdp;
  #start = { machine: machineBusy(), at: Date.now(), own: 0 };

  /** @param {import('playwright-core').CDPSession} cdp a session of the browser */
  constructor(cdp) {
    this.#cdp = cdp;
  }

  async sample() {
    const { processInfo } = await this.#cdp.send('SystemInfo.getProcessInfo');
    for (const { type, id } of processInfo) {
      const status = read(`/proc/${id}/status`);
      const stat = read(`/proc/${id}/stat`);
      if (status && stat) {
        const peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
        const times = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const cpu = (Number(times[11]) + Number(times[12])) / TICKS;
        const now = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
        this.#seen.set(id, { type, cpu, now, peak: Math.max(peak, this.#seen.get(id)?.peak ?? 0) });
      }
    }
  }

  /** The process id of the browser itself. */
  get browser() {
    return [...this.#seen].find(([, { type }]) => type === 'browser')?.[0] ?? null;
  }

  /** The largest resident memory that the page's renderer ever had, MiB. (The page's is the largest; a spare one stays small.) */
  get rendererPeak() {
    const peaks = [...this.#seen.values()].filter(({ type }) => type === 'renderer').map(({ peak }) => peak);
    return peaks.length > 0 ? Math.max(...peaks) : null;
  }

  /** The resident memory of the largest renderer when it was last looked at, MiB. */
  get rendererNow() {
    return Math.max(0, ...[...this.#seen.values()].filter(({ type }) => type === 'renderer').map(({ now }) => now));
  }

  /** Processor seconds of the browser and of this program. */
  #own() {
    const own = process.cpuUsage();
    return [...this.#seen.values()].reduce((sum, { cpu }) => sum + cpu, (own.user + own.system) / 1e6);
  }

  /** From now on, `others` counts. */
  mark() {
    this.#start = { machine: machineBusy(), at: Date.now(), own: this.#own() };
  }

  /** How many cores other programs kept busy since `mark`. */
  get others() {
    const busy = machineBusy();
    if (busy === null || this.#start.machine === null) {
      return null;
    }
    const used = busy - this.#start.machine - (this.#own() - this.#start.own);
    return Math.max(0, used / ((Date.now() - this.#start.at) / 1000));
  }
}
