// The hierarchy of a model through the real program and the real drawing surface: what a person sees and does of it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { cards, rest } from './graph.mjs';
import { open } from './page.mjs';
import { tower } from './tower.mjs';

/** @import { Page } from 'playwright-core' */
/** @import { Options } from './page.mjs' */

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */

/** So many layers are more nodes than are shown flat, so few are not. The mask is a stub from 24 layers on. */
export const MANY = 32;
export const FEW = 6;
/** The layer that is wider than the others. */
export const ODD = 2;

/** High enough for a layer and what is around it. */
export const HIGH = { context: { viewport: { width: 1280, height: 1500 } } };

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lamina-'));
after(() => fs.rmSync(folder, { recursive: true }));

/** The address of a decoder of so many layers, which is written. @param {number} layers */
export function query(layers) {
  fs.writeFileSync(path.join(folder, `${layers}.onnx`), tower(layers, { odd: ODD }).bytes);
  return `?url=towers/${layers}.onnx`;
}

/**
 * Opens a decoder of so many layers, from an address.
 * @param {import('node:test').TestContext} t
 * @param {number} layers
 * @param {Options & {place?: string}} [options] `place`: the part of the address after `#`
 */
export async function start(t, layers, { place = '', ...options } = {}) {
  const { nodes } = tower(layers, { odd: ODD });
  const lamina = await open(t, { query: query(layers) + place, mounts: { '/towers/': folder }, ...options });
  assert.equal((await lamina.ready()).nodes, nodes.length);
  await rest(lamina.page);
  return { lamina, page: lamina.page, nodes };
}

/** Waits until the level control says so. @param {Page} page @param {'Flat'|'Expanded'|'Groups'|'Collapsed'} text */
export async function level(page, text) {
  await page.waitForSelector(`.levels .current > span:text-is("${text}")`);
  await rest(page);
}

/**
 * The open groups around the view, by the title that is drawn on them, each with the mark that closes it.
 * @param {Page} page
 */
export function openGroups(page) {
  return page.evaluate(() => [...document.querySelectorAll('#canvas .layer.full .titlebar')].map((bar) => {
    const box = (/** @type {string} */ part) => {
      const { left, top, right, bottom } = /** @type {Element} */ (bar.querySelector(part)).getBoundingClientRect();
      return { left, top, right, bottom, x: (left + right) / 2, y: (top + bottom) / 2 };
    };
    return { group: Number(bar.getAttribute('data-group')), title: bar.querySelector('.title')?.textContent ?? '', text: box('.title'), mark: box('.toggle') };
  }).sort((a, b) => a.group - b.group));
}

/** The title of the only open group that is called so. @param {Page} page @param {string} title */
export async function openGroup(page, title) {
  await rest(page);
  const found = (await openGroups(page)).filter((group) => group.title === title);
  assert.equal(found.length, 1, `${title} among ${(await openGroups(page)).map((group) => group.title).join(', ')}`);
  return found[0];
}

/**
 * The closed groups around the view, each with the mark that opens it.
 * @param {Page} page
 */
export function closedGroups(page) {
  return page.evaluate(() => [...document.querySelectorAll('#canvas .layer.full .card.group')].map((card) => {
    const box = (/** @type {Element} */ part) => {
      const { left, top, right, bottom } = part.getBoundingClientRect();
      return { left, top, right, bottom, x: (left + right) / 2, y: (top + bottom) / 2 };
    };
    // The cards of a stack lie below its own.
    const bodies = [...card.querySelectorAll('.body')];
    const [title = '', ...lines] = (card.getAttribute('aria-label') ?? '').replace(/^group /, '').split(/, (?=nodes |modules |parameters |varies )/);
    return { title, lines, stacked: bodies.length > 1, card: box(bodies[bodies.length - 1]), mark: box(/** @type {Element} */ (card.querySelector('.toggle'))) };
  }));
}

/** The only closed group that is called so. @param {Page} page @param {string} title */
export async function closedGroup(page, title) {
  await rest(page);
  const found = (await closedGroups(page)).filter((group) => group.title === title);
  assert.equal(found.length, 1, `${title} among ${(await closedGroups(page)).map((group) => group.title).join(', ')}`);
  return found[0];
}

/** Waits until a group of that name is drawn. @param {Page} page @param {string} title @param {'open'|'closed'} as */
export async function drawn(page, title, as) {
  await page.waitForFunction(([name, how]) => {
    const found = how === 'open' ? '#canvas .layer.full .titlebar .title' : '#canvas .layer.full .card.group > .title';
    return [...document.querySelectorAll(found)].some(({ textContent }) => textContent === name);
  }, [title, as]);
  await rest(page);
}

/** Waits until a click counts again after one that opened or closed a group. @param {Page} page */
export const settle = (page) => page.waitForTimeout(450);

/**
 * Everything that is drawn, with its place on the screen: equal when a scene is the same, seen from the same point.
 * @param {Page} page
 */
export async function picture(page) {
  await rest(page);
  const items = (await cards(page)).map(({ label, left, top }) => `${label} ${left.toFixed(0)} ${top.toFixed(0)}`);
  const bars = (await openGroups(page)).map(({ title, text }) => `${title} ${text.left.toFixed(0)} ${text.top.toFixed(0)}`);
  return [...items, ...bars];
}

/** The frame around what is selected, or around what is pointed at. @param {Page} page @param {'selected'|'pointed'} which @returns {Promise<Box>} */
export async function framed(page, which) {
  const frame = page.locator(`#canvas .${which} .outline`);
  await frame.waitFor({ state: 'attached' });
  await rest(page);
  return frame.evaluate((element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return { left, top, right, bottom };
  });
}

/** Fails unless two boxes have the same place where flow enters them: the middle of their upper side. @param {Box} before @param {Box} after_ */
export function assertSameEntry(before, after_) {
  const away = Math.hypot((before.left + before.right - after_.left - after_.right) / 2, before.top - after_.top);
  assert.ok(away <= 1.5, `it went ${away.toFixed(1)} px away`);
}

/** The row of the outline. @param {Page} page @param {string} name */
export const row = (page, name) => page.locator('#outline .item', { has: page.locator(`.name:text-is("${name}")`) });

/** The breadcrumb. @param {Page} page */
export const crumbs = async (page) => (await page.locator('.crumbs .button').allInnerTexts());

/** Finds the only hit whose context is `name`, and chooses it by keys. @param {Page} page @param {string} name */
export async function find(page, name) {
  await page.keyboard.press('Control+f');
  await page.fill('#query', name);
  await page.waitForFunction((text) => document.querySelector('#hits .hit .context')?.getAttribute('title') === text, name);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#canvas .selected .outline', { state: 'attached' });
  await rest(page);
}
