// What the goldens of the fixtures say.

import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from './page.mjs';

/**
 * The nodes that a fixture's golden lists, over all graphs: the dump beside it.
 * @param {string} file
 * @returns {{ category: string, operator: string }[]}
 */
export function golden(file) {
  const dump = fs.readFileSync(path.resolve(ROOT, `${file}.dump`), 'utf8');
  return [...dump.matchAll(/^ {2}node: (\S+) ("(?:[^"\\]|\\.)*"|[^ "]+)/gm)].map(([, category, operator]) => ({ category, operator }));
}
