// The built page loads from any sub-path, complains of nothing, and asks only for its own files.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from './page.mjs';

for (const mount of ['/', '/some/sub/path/']) {
  test(`the page loads from ${mount}`, async (t) => {
    const lamina = await open(t, { mount });
    assert.match(await lamina.page.title(), /Lamina/);
    assert.equal(await lamina.page.locator('#file').count(), 1);
    lamina.assertQuiet();
    const { log } = lamina.server;
    assert.ok(log.length > 0);
    assert.deepEqual(log.filter((asked) => !asked.path.startsWith(mount) || asked.status >= 400), []);
  });
}
