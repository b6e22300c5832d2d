// Starts Chromium the same way for the tests, the bench and the screenshots.

import { chromium } from 'playwright-core';
import { findChromium } from './chromium.mjs';

// Quiet: a browser that updates itself, or looks up hosts, is neither measurable nor proof that a page asks for nothing.
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // It would ask a server about each page that has a text field.
  '--autofill-server-url=about:blank',
  '--enable-precise-memory-info',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/**
 * A fresh headless browser with an empty profile.
 * @returns {Promise<import('playwright-core').Browser>}
 */
export async function launch() {
  const executablePath = findChromium();
  if (!executablePath) {
    throw new Error('There is no Chromium. `.ci/setup test` installs it; CHROMIUM=path names one.');
  }
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}
