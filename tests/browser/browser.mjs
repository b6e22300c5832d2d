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
  // Of several lists only the last one counts: these are Playwright's that matter here, and autofill's questions about forms.
  '--disable-features=AutofillServerCommunication,AimEnabled,AvoidCorsURLLoaderRestartOnRedirect,HttpsFirstBalancedModeAutoEnable,HttpsUpgrades,MediaRouter,'
    + 'NetworkTimeServiceQuerying,OptimizationHints,PaintHolding,PreconnectToSearch,ThirdPartyStoragePartitioning,Translate',
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
