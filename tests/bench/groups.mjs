// Steps through the hierarchy of a large model on the real page, and gestures at each level of detail. See README.md.

import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch } from '../browser/browser.mjs';
import { serve } from '../browser/server.mjs';
import { instrument, lamina } from './apps.mjs';
import { Processes } from './machine.mjs';
import { frames, quantile, within } from './run.mjs';
import { grid } from './table.mjs';

const VIEWPORT = { width: 1280, height: 800 };
const MIDDLE = { x: VIEWPORT.width / 2, y: VIEWPORT.height / 2 };
const CONTROL = 2;
/** How much a pixel of the wheel with Control changes the logarithm of the scale, and the most pixels of one event. */
const PINCH = 0.01;
const MOST = 25;
/** How often a group is opened and closed. */
const TOGGLES = 8;
/** Percent. */
const SCALES = [100, 61, 40, 26, 15, 9, 3];

/**
 * A scene that the page asked for.
 * @typedef {object} Asked
 * @property {number} asked when, in the page's clock
 * @property {number | null} answered
 * @property {number | null} painted two animation frames later
 * @property {number} items in the scene
 *
 * @typedef {object} Step
 * @property {string} name
 * @property {number} items
 * @property {number} answerMs asked to answered; the median of `times`
 * @property {number} paintMs asked to painted
 * @property {number} times
 * @property {number} mib the renderer's resident memory afterwards
 *
 * @typedef {object} Gesture
 * @property {string} name
 * @property {number} median
 * @property {number} p95
 */

/** Runs in the page before its scripts: notes every scene that it asks its Worker for. */
function watchScenes() {
  /** @type {Asked[]} */
  const scenes = [];
  Object.assign(window, { scenes });
  const Native = window.Worker;
  window.Worker = class extends Native {
    /** @type {Map<number, Asked>} */
    #open = new Map();

    /** @param {ConstructorParameters<typeof Worker>} args */
    constructor(...args) {
      super(...args);
      this.addEventListener('message', ({ data }) => {
        const scene = this.#open.get(data.id);
        if (scene) {
          scene.answered = performance.now();
          scene.items = data.result?.itemKind.length ?? 0;
          requestAnimationFrame(() => requestAnimationFrame(() => {
            scene.painted = performance.now();
          }));
        }
      });
    }

    /** @override @param {any} message */
    postMessage(message) {
      if (message.method === 'scene') {
        const scene = { asked: performance.now(), answered: null, painted: null, items: 0 };
        this.#open.set(message.id, scene);
        scenes.push(scene);
      }
      super.postMessage(message);
    }
  };
}

/** The page with a model in it. */
class Stage {
  /** @type {Step[]} */
  steps = [];
  /** @type {Gesture[]} */
  gestures = [];

  /** @param {import('./apps.mjs').Tab} tab @param {Processes} processes @param {number} timeout seconds */
  constructor(tab, processes, timeout) {
    this.tab = tab;
    this.processes = processes;
    this.timeout = timeout;
  }

  /**
   * Does something that asks for a scene, and waits until it is painted.
   * @param {() => Promise<unknown>} act
   * @returns {Promise<Asked & { answered: number, painted: number }>}
   */
  async step(act) {
    const { page } = this.tab;
    const before = await page.evaluate(() => Reflect.get(window, 'scenes').length);
    await act();
    const handle = await page.waitForFunction((count) => {
      const scene = Reflect.get(window, 'scenes')[count];
      return scene?.painted && scene;
    }, before, { timeout: this.timeout * 1000, polling: 50 });
    const scene = await handle.jsonValue();
    // What the step animates comes to rest.
    await sleep(700);
    return scene;
  }

  /** @param {string} name @param {(Asked & { answered: number, painted: number })[]} scenes */
  async note(name, scenes) {
    await this.processes.sample();
    const middle = (/** @type {(scene: Asked & { answered: number, painted: number }) => number} */ get) => quantile(scenes.map(get), 0.5);
    this.steps.push({
      name,
      items: Math.max(...scenes.map(({ items }) => items)),
      answerMs: middle(({ asked, answered }) => answered - asked),
      paintMs: middle(({ asked, painted }) => painted - asked),
      times: scenes.length,
      mib: this.processes.rendererNow,
    });
    console.error(`${name}: ${JSON.stringify(this.steps.at(-1))}`);
  }

  /** @param {string} name @param {string} key */
  async press(name, key) {
    const scene = await this.step(() => this.tab.page.keyboard.press(key));
    await this.note(name, [scene]);
    return scene;
  }

  /**
   * Opens and closes the group whose mark is nearest to the middle of the screen.
   * @param {string} name
   */
  async toggle(name) {
    const { page } = this.tab;
    /** @type {(Asked & { answered: number, painted: number })[]} */
    const scenes = [];
    for (let at = 0; at < TOGGLES; at++) {
      const place = await this.#mark();
      if (!place) {
        console.error(`${name}: no group is in view`);
        break;
      }
      scenes.push(await this.step(() => page.mouse.click(place.x, place.y)));
    }
    if (scenes.length > 0) {
      await this.note(name, scenes);
    }
  }

  /** Where a mark is that opens or closes a group; goes down the graph until there is one. */
  async #mark() {
    const { page } = this.tab;
    for (let tries = 0; tries < 40; tries++) {
      const place = await page.evaluate(({ x, y }) => {
        const marks = [...document.querySelectorAll('#canvas rect.toggle')].map((mark) => mark.getBoundingClientRect());
        const middles = marks.map(({ left, top, width, height }) => ({ x: left + width / 2, y: top + height / 2 }));
        const inside = middles.filter((mark) => document.elementFromPoint(mark.x, mark.y)?.closest('#canvas'));
        return inside.sort((a, b) => Math.hypot(a.x - x, a.y - y) - Math.hypot(b.x - x, b.y - y))[0] ?? null;
      }, MIDDLE);
      if (place) {
        return place;
      }
      for (let key = 0; key < 4; key++) {
        await page.keyboard.press('ArrowDown');
      }
      await sleep(300);
    }
    return null;
  }

  /** The scale in percent. */
  async scale() {
    return Number.parseFloat(await this.tab.page.innerText('.scale'));
  }

  /** @param {number} percent */
  async zoomTo(percent) {
    for (let tries = 0; tries < 60; tries++) {
      const off = Math.log(await this.scale() / percent) / PINCH;
      if (Math.abs(off) < 2) {
        break;
      }
      await this.pinch(Math.max(-MOST, Math.min(MOST, off)));
      await sleep(30);
    }
    await sleep(700);
  }

  /** @param {number} deltaY */
  pinch(deltaY) {
    return this.tab.cdp.send('Input.dispatchMouseEvent', { type: 'mouseWheel', ...MIDDLE, deltaX: 0, deltaY, modifiers: CONTROL });
  }

  /** @param {string} name @param {(t: number) => Promise<unknown>} send */
  async gesture(name, send) {
    const found = await frames(this.tab, send);
    if (found) {
      this.gestures.push({ name, ...found });
      console.error(`${name}: ${found.median.toFixed(0)} / ${found.p95.toFixed(0)} ms`);
    }
  }

  /** @param {string} name what is shown */
  async look(name) {
    const { pan } = lamina.gestures;
    for (const percent of SCALES) {
      await this.zoomTo(percent);
      const scale = await this.scale();
      await this.gesture(`${name}, pan at ${scale} %`, (t) => pan(this.tab, t, MIDDLE));
    }
    // Out, in and out again.
    const wave = (/** @type {number} */ by) => (/** @type {number} */ t) => this.pinch(Math.floor(t * 3) % 2 === 0 ? by : -by);
    for (const [from, to] of [[65, 15], [15, 3]]) {
      await this.zoomTo(from);
      await this.gesture(`${name}, zoom from ${from} to ${to} %`, wave(Math.log(from / to) / PINCH / 60));
    }
  }
}

/**
 * @param {string} folder where the page is
 * @param {string} file a model
 * @param {{ timeout: number, gestures: boolean }} options the timeout in seconds
 */
export async function measureGroups(folder, file, options) {
  const server = await serve({ mounts: { '/': folder } });
  const browser = await launch();
  try {
    const processes = new Processes(await browser.newBrowserCDPSession());
    const context = await browser.newContext({ viewport: VIEWPORT });
    const page = await context.newPage();
    await page.addInitScript(instrument);
    await page.addInitScript(lamina.instrument);
    await page.addInitScript(watchScenes);
    const cdp = await context.newCDPSession(page);
    const tab = { page, cdp, evaluate: (/** @type {() => unknown} */ call) => page.evaluate(call) };
    await page.goto(server.url, { waitUntil: 'commit' });
    await lamina.settle(tab);
    await sleep(1500);
    const stage = new Stage(tab, processes, options.timeout);
    const opened = await stage.step(() => lamina.choose(tab, [file]));
    const begun = await page.evaluate(() => Reflect.get(window, 'bench').marks.findLast((/** @type {{ name: string }} */ { name }) => name === 'chosen').at);
    await stage.note('open', [{ ...opened, asked: begun }]);
    await page.focus('#canvas');
    await stage.press('collapse all', '{');
    for (let level = 1; level <= 3; level++) {
      await stage.press(`one level more (${level})`, ']');
      await page.keyboard.press('1');
      await sleep(700);
      await stage.toggle(`open or close a group there`);
    }
    if (options.gestures) {
      await stage.look('three levels');
    }
    await stage.press('expand all', '}');
    await page.keyboard.press('1');
    await sleep(700);
    await stage.toggle('open or close a group there');
    if (options.gestures) {
      await stage.look('all open');
    }
    await stage.press('flat', '\\');
    await processes.sample();
    return { steps: stage.steps, gestures: stage.gestures, peakMiB: processes.rendererPeak };
  } finally {
    const closed = await within(20_000, browser.close().then(() => true));
    if (!closed) {
      process.exitCode = 1;
    }
    await server.close();
  }
}

/**
 * What the steps took, and the frames.
 * @param {Awaited<ReturnType<typeof measureGroups>>} result
 */
export function groupTable({ steps, gestures, peakMiB }) {
  const rows = steps.map(({ name, items, answerMs, paintMs, times, mib }) =>
    [name, String(times), String(items), answerMs.toFixed(0), paintMs.toFixed(0), mib.toFixed(0)]);
  const moves = gestures.map(({ name, median, p95 }) => [name, median.toFixed(0), p95.toFixed(0)]);
  const tables = [grid(['step', 'times', 'items', 'answer ms', 'painted ms', 'renderer MiB'], rows)];
  if (moves.length > 0) {
    tables.push(grid(['gesture', 'median ms', 'p95 ms'], moves));
  }
  return `${tables.join('\n\n')}\n\nthe renderer had at most ${peakMiB?.toFixed(0) ?? '?'} MiB`;
}
