// The safety report: what pickles would do is said where it cannot be overlooked, and what is as it should be stays quiet.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from './page.mjs';

const HOSTILE = 'tests/fixtures/hostile';

/** Whether a text calls something safe. @param {string} text */
const soothes = (text) => /\bsafe\b/i.test(text);

for (const theme of /** @type {const} */ (['light', 'dark'])) {
  test(`a dangerous file says so in the bar and first in the panel (${theme})`, async (t) => {
    const lamina = await open(t, { context: { colorScheme: theme } });
    const { page } = lamina;
    await lamina.choose(`${HOSTILE}/injected.pt`);
    await lamina.ready();
    const report = page.locator('#panel-model .safety');
    assert.match(await report.locator('.verdict').innerText(), /Dangerous: do not load this file\s+Loading this file calls os\.system\('echo lamina'\)/);
    assert.match(await report.locator('.call').innerText(), /os\.system\('echo lamina'\)\s+os\.system runs commands of the operating system\s+REDUCE 0x49/);
    assert.match(await report.locator('.names').innerText(), /Dangerous\s+runs commands of the operating system\s+os\.system/);
    assert.match(await report.innerText(), /The safetensors format avoids the question/);
    // It comes before the figures, and the mark does not depend on colour alone.
    const above = await report.evaluate((element) => element.compareDocumentPosition(/** @type {Node} */ (document.querySelector('#panel-model .stats'))));
    assert.equal(above & 4, 4);
    const mark = page.locator('#bar button.danger');
    assert.equal(await mark.innerText(), 'Dangerous');
    assert.equal(await mark.locator('svg').count(), 1);
    assert.match(await page.innerText('#live'), /Dangerous: Loading this file calls/);
    assert.equal(soothes(await page.innerText('body')), false);
    lamina.assertQuiet();
  });
}

test('the mark in the bar leads to the report, by keyboard too, and wherever the panel is', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(`${HOSTILE}/functions.pkl`);
  await lamina.ready();
  await page.click('#tab-find');
  await page.click('.sidebarbutton');
  assert.equal(await page.locator('#sidebar').isVisible(), false);
  await page.focus('#bar button.danger');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#panel-model .safety .verdict').isVisible(), true);
  assert.equal(await page.evaluate(() => document.activeElement?.classList.contains('safety')), true);
  // All calls are there, some of them on demand.
  assert.equal(await page.locator('.call').count(), 12);
  await page.locator('.what:has(.call) button:has-text("Show all 24")').click();
  assert.equal(await page.locator('.call').count(), 24);
  lamina.assertQuiet();
});

test('instructions are listed on demand, some at a time', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose('tests/fixtures/pytorch/module.pt');
  await lamina.ready();
  assert.match(await page.innerText('#panel-model .safety .verdict'), /Nothing known to be dangerous was found, but it imports 2 names that are not known/);
  assert.equal(await page.locator('#bar button.danger').isVisible(), false);
  await page.click('.safety > details > summary');
  assert.match(await page.innerText('.safety .names'), /Unknown\s+does whatever the software says that is installed\s+nets\.Cnn/);
  const listing = page.locator('.listing');
  assert.equal(await listing.textContent(), '');
  await page.click('.instructions summary');
  const lines = async () => ((await listing.textContent()) ?? '').split('\n').filter(Boolean);
  await page.waitForFunction(() => document.querySelector('.listing')?.textContent);
  assert.equal((await lines()).length, 200);
  assert.match((await lines())[0], /^0x000040 {2}PROTO +2$/);
  while (await page.locator('.instructions button.more').isVisible()) {
    const before = (await lines()).length;
    await page.click('.instructions button.more');
    await page.waitForFunction((count) => (document.querySelector('.listing')?.textContent ?? '').split('\n').length > count + 1, before);
  }
  const all = await lines();
  assert.ok(all.length > 400, `${all.length}`);
  assert.match(all.at(-1) ?? '', /STOP$/);
  assert.equal(new Set(all.map((line) => line.split(' ')[0])).size, all.length, 'no instruction comes twice');
  lamina.assertQuiet();
});

test('a file in which nothing was found has one quiet line, and a file without pickles none', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose('tests/fixtures/pytorch/cnn.pth');
  await lamina.ready();
  const line = page.locator('#panel-model details.safety');
  assert.equal(await line.innerText(), 'Safety: nothing known to be dangerous was found\n1 pickle');
  await line.locator('summary').first().press('Enter');
  assert.match(await line.innerText(), /archive\/data\.pkl[^]+torch\._utils\._rebuild_tensor_v2[^]+The safetensors format avoids the question/);
  assert.equal(soothes(await page.innerText('#panel-model')), false);
  await lamina.choose('tests/fixtures/safetensors/shapes.safetensors');
  await lamina.ready();
  assert.equal(await page.locator('#panel-model .safety').count(), 0);
  assert.equal(await page.locator('#bar button.danger').isVisible(), false);
  lamina.assertQuiet();
});

test('a pickle that is no model is refused with its report', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  await lamina.choose(`${HOSTILE}/sklearn.pkl`);
  await page.waitForSelector('#message .safety');
  assert.match(await page.innerText('#message'), /objects of sklearn[^]+Dangerous: do not load this file\s+Loading this file calls os\.system\('echo lamina'\)[^]+Open another file/);
  assert.equal(await page.locator('#message .instructions').count(), 0);
  lamina.assertQuiet();
});

test('what a file says is text, never HTML', async (t) => {
  const lamina = await open(t);
  const { page } = lamina;
  const html = '<img src=x onerror="document.title=1">';
  const length = String.fromCharCode(html.length, 0, 0, 0);
  const pickle = `\x80\x02c<b>os</b>\n<i>x</i>\ncos\nsystem\nX${length}${html}\x85R\x86.`;
  await page.setInputFiles('#file', { name: 'html.pkl', mimeType: '', buffer: Buffer.from(pickle, 'latin1') });
  await lamina.ready();
  assert.match(await page.innerText('#panel-model .call'), /<img src=x onerror=/);
  assert.match(await page.innerText('#panel-model .names'), /<b>os<\/b>\.<i>x<\/i>/);
  assert.equal(await page.locator('#panel-model img, #panel-model b, #panel-model i').count(), 0);
  lamina.assertQuiet();
});
