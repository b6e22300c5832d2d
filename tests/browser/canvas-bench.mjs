/**
 * Measures the drawing surface on made-up scenes, driven by real wheel events at 60 Hz:
 *
 *     node tests/browser/canvas-bench.mjs [scene…]
 *
 * Prints the time between frames, and the processor time of a frame, which a busy machine does not distort: of the page's main
 * thread, and of painting and compositing together. All in ms.
 *
 * @module
 */

import { openCanvas } from './canvas-page.mjs';

/** @typedef {{name: string, ph: string, pid: number, tid: number, tdur?: number, args: {name?: string}}} TraceEvent */
/** @typedef {{deltaX?: number, deltaY?: number, modifiers?: number}} Wheel */

const SECONDS = 3;
const CTRL = 2;

/** @param {number[]} values @param {number} part */
const quantile = (values, part) => values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? NaN;

/**
 * @param {Awaited<ReturnType<typeof openCanvas>>} canvas
 * @param {string} setup evaluated first
 * @param {(step: number) => Wheel} wheel
 */
async function measure({ page, session, run }, setup, wheel) {
  await run(setup);
  await page.waitForTimeout(300);
  /** @type {TraceEvent[]} */
  const events = [];
  const collect = (/** @type {{value: object[]}} */ { value }) => void events.push(.../** @type {TraceEvent[]} */ (value));
  session.on('Tracing.dataCollected', collect);
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['cc', 'toplevel'] } });
  await page.evaluate('startTimes()');
  const start = performance.now();
  for (let step = 0; step < SECONDS * 60; step++) {
    const wait = start + (step * 1000) / 60 - performance.now();
    if (wait > 0) await new Promise((resolve) => void setTimeout(resolve, wait));
    session.send('Input.dispatchMouseEvent', { type: 'mouseWheel', x: 720, y: 450, deltaX: 0, deltaY: 0, ...wheel(step) }).catch(() => {});
  }
  const frames = /** @type {number[]} */ (await page.evaluate('stopTimes()'));
  const done = new Promise((resolve) => void session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await done;
  session.off('Tracing.dataCollected', collect);
  return { frames, main: mainThread(events), paint: painting(events) / Math.max(1, frames.length) };
}

/** Processor time of each frame on the main thread; what was begun for nothing takes next to none. @param {TraceEvent[]} events */
function mainThread(events) {
  const begun = events.filter(({ name }) => name === 'ProxyMain::BeginMainFrame').map(({ tdur }) => (tdur ?? 0) / 1000);
  return begun.filter((time) => time > 0.1);
}

/** Processor time of rasterising and compositing. @param {TraceEvent[]} events */
function painting(events) {
  const threads = new Map(events.filter(({ name }) => name === 'thread_name').map(({ pid, tid, args }) => [`${pid} ${tid}`, args.name ?? '']));
  let sum = 0;
  for (const { name, pid, tid, tdur } of events) {
    const thread = threads.get(`${pid} ${tid}`) ?? '';
    if (name === 'RasterTask' || (name === 'ThreadControllerImpl::RunTask' && /^(Compositor|VizCompositor)/.test(thread))) sum += (tdur ?? 0) / 1000;
  }
  return sum;
}

const pan = (/** @type {number} */ step) => ({ deltaY: step % 120 < 90 ? 30 : -30 });
const aside = (/** @type {number} */ step) => ({ deltaX: step % 120 < 60 ? 25 : -25 });
const zoom = (/** @type {number} */ by) => (/** @type {number} */ step) => ({ deltaY: step % 120 < 60 ? by : -by, modifiers: CTRL });
const middle = (/** @type {number} */ scale) => `canvas.look({ x: scene.width / 2 - ${720 / scale}, y: scene.height / 2, scale: ${scale} })`;

/** @type {[string, string, (step: number) => Wheel][]} */
const runs = [
  ...[1, 0.61, 0.4, 0.26, 0.15, 0.09, 0.03].map((scale) => /** @type {[string, string, typeof pan]} */ ([`pan ${scale * 100} %`, middle(scale), pan])),
  ['pan fit', 'canvas.fit()', aside],
  ['zoom 400-10 %', middle(4), zoom(6)],
  ['zoom 65-15 %', middle(0.65), zoom(2.5)],
  ['zoom 15-0.4 %', middle(0.15), zoom(6)],
];

const names = process.argv.slice(2);
for (const name of names.length ? names : ['resnet', 'wide', 'llm', 'dense', 'tower', 'field']) {
  const canvas = await openCanvas('?wheel=pan');
  const shown = await canvas.page.evaluate(`load(${JSON.stringify(name)})`);
  console.log(`${name}: shown in ${Number(shown).toFixed(0)} ms`);
  for (const [label, setup, wheel] of runs) {
    const { frames, main, paint } = await measure(canvas, setup, wheel);
    const { level, visible, elements } = /** @type {{level: string, visible: number, elements: number}} */ (await canvas.page.evaluate('canvas.stats()'));
    const wall = [0.5, 0.95, 1].map((part) => quantile(frames, part).toFixed(0).padStart(4)).join(' ');
    const busy = [0.5, 0.95, 1].map((part) => quantile(main, part).toFixed(1).padStart(5)).join(' ');
    console.log(`  ${label.padEnd(14)} frame ${wall}   main ${busy}   paint ${paint.toFixed(1).padStart(4)}   ends at ${level}, ${visible} visible, ${elements} elements`);
  }
  console.log(`  renderer ${(await canvas.memory()).toFixed(0)} MB resident`);
  await canvas.close();
}
