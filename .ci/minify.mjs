// Takes comments and long names out of the scripts of a page that was built for release. Trunk runs this (see Trunk.toml).
// Modules stay modules: what one exports keeps its name and its address.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';

const { TRUNK_PROFILE, TRUNK_STAGING_DIR, TERSER } = process.env;

if (TRUNK_PROFILE === 'release' && TRUNK_STAGING_DIR && TERSER) {
  const { minify } = createRequire(import.meta.url)(TERSER);
  for (const name of /** @type {string[]} */ (fs.readdirSync(TRUNK_STAGING_DIR, { recursive: true }))) {
    if (name.endsWith('.js')) {
      const file = path.join(TRUNK_STAGING_DIR, name);
      const { code } = await minify(fs.readFileSync(file, 'utf8'), { module: true, ecma: 2020 });
      fs.writeFileSync(file, code);
    }
  }
}
