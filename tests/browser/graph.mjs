// What a person sees and does on the drawn graph, in px of the screen.

/** @typedef {import('playwright-core').Page} Page */

/**
 * A card or a pill as it is drawn. `label` is what a screen reader says: the title, then the lines.
 * @typedef {{ item: number, label: string, left: number, top: number, right: number, bottom: number, x: number, y: number }} Card
 */

/**
 * The cards in and around the view, at the level that shows them in full.
 * @param {Page} page
 * @returns {Promise<Card[]>}
 */
export function cards(page) {
  return page.evaluate(() => {
    // Those of the highlight stand over others.
    const drawn = [...document.querySelectorAll('#canvas .layer.full:not(.highlight) .card')];
    return drawn.map((group) => {
      const { left, top, right, bottom } = (group.querySelector('.body, .head') ?? group).getBoundingClientRect();
      const item = Number(group.getAttribute('data-item'));
      return { item, label: group.getAttribute('aria-label') ?? '', left, top, right, bottom, x: (left + right) / 2, y: top + 8 };
    }).sort((a, b) => a.item - b.item);
  });
}

/**
 * Waits until nothing on the canvas moves or fades any more.
 * @param {Page} page
 */
export async function rest(page) {
  await page.evaluate(() => new Promise((resolve) => {
    let last = '';
    let same = 0;
    const look = () => {
      const boxes = [...document.querySelectorAll('#canvas .layer')].map((layer) => {
        const { x, y, width, height } = (layer.querySelector('svg') ?? layer).getBoundingClientRect();
        return [layer.getAttribute('class'), x, y, width, height].join(' ');
      });
      // What is in view is drawn bit by bit.
      const now = [...boxes, document.querySelectorAll('#canvas *').length].join('|');
      same = now === last ? same + 1 : 0;
      last = now;
      if (same === 9) resolve(undefined);
      else requestAnimationFrame(look);
    };
    look();
  }));
}

/**
 * The only card whose label begins with `label`, once it is drawn and at rest.
 * @param {Page} page
 * @param {string} label
 * @returns {Promise<Card>}
 */
export async function card(page, label) {
  await rest(page);
  const found = (await cards(page)).filter((each) => each.label.startsWith(label));
  if (found.length !== 1) throw new Error(`${found.length} cards begin with ${label}: ${(await cards(page)).map((each) => each.label).join(' | ')}`);
  return found[0];
}

/**
 * The card nearest to the middle of the canvas, once the canvas is at rest.
 * @param {Page} page
 * @returns {Promise<Card>}
 */
export async function middleCard(page) {
  await rest(page);
  const { x, y, width, height } = await page.locator('#canvas').evaluate((canvas) => canvas.getBoundingClientRect());
  const distance = (/** @type {Card} */ { left, right, top, bottom }) => Math.hypot((left + right) / 2 - x - width / 2, (top + bottom) / 2 - y - height / 2);
  return (await cards(page)).reduce((best, each) => (distance(each) < distance(best) ? each : best));
}

/**
 * A card again, wherever it is now.
 * @param {Page} page
 * @param {Card} before
 */
export async function again(page, { item, label }) {
  await rest(page);
  const found = (await cards(page)).find((each) => each.item === item);
  if (!found) throw new Error(`${label} is out of view`);
  return found;
}

/**
 * @param {Page} page
 * @param {string} label how the card's label begins
 */
export async function clickCard(page, label) {
  const { x, y } = await card(page, label);
  await page.mouse.click(x, y);
}

/**
 * A point on the wire that goes straight from one card to the next one in the flow.
 * @param {Card} from
 * @param {Card} to
 */
export const between = (from, to) => ({ x: (to.left + to.right) / 2, y: (from.bottom + to.top) / 2 });

/**
 * The scale that the page shows, in per cent.
 * @param {Page} page
 */
export async function scale(page) {
  return Number.parseFloat(await page.innerText('#zoom .scale'));
}

/**
 * Opens the panel of what was selected, and waits until it shows `title`.
 * @param {Page} page
 * @param {string} title
 */
export async function selected(page, title) {
  await page.waitForFunction((text) => {
    const heading = /** @type {HTMLElement | null} */ (document.querySelector('#panel-selection h2'));
    return heading?.offsetParent !== null && heading?.textContent === text;
  }, title);
}
