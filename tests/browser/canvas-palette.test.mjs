// The colours of categories, judged by arithmetic: they carry text, and they can be told apart with any colour vision.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** @typedef {[number, number, number]} Rgb linear */

const CATEGORIES = [
  'other', 'convolution', 'linear', 'activation', 'normalization', 'pool', 'attention',
  'shape', 'elementwise', 'reduction', 'recurrent', 'control', 'data',
];

/** Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB. */
const VISIONS = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

/** @param {string} hex @returns {Rgb} */
function linear(hex) {
  const digits = hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit) : (hex.slice(1).match(/../g) ?? []);
  const [r, g, b] = digits.map((pair) => parseInt(pair, 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return [r, g, b];
}

/** WCAG 2.2. @param {Rgb} a @param {Rgb} b */
function contrast(a, b) {
  const [light, dark] = [a, b].map(([r, g, blue]) => 0.2126 * r + 0.7152 * g + 0.0722 * blue).sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

/** OKLab (Ottosson 2020). @param {Rgb} colour */
function oklab([r, g, b]) {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** @param {Rgb} colour @param {number[][]} matrix @returns {Rgb} */
function seenWith(colour, matrix) {
  const [r, g, b] = matrix.map((row) => Math.min(1, Math.max(0, row[0] * colour[0] + row[1] * colour[1] + row[2] * colour[2])));
  return [r, g, b];
}

const css = readFileSync(new URL('../../static/style/canvas.css', import.meta.url), 'utf8');

/** The custom properties of the nth rule with a selector. @param {string} selector @param {number} nth */
function palette(selector, nth) {
  const body = css.split(`${selector} {`)[nth + 1].split('}')[0];
  const found = new Map([...body.matchAll(/--([\w-]+): (#[0-9a-f]+);/g)].map(([, name, hex]) => [name, linear(hex)]));
  return CATEGORIES.map((category) => {
    const colour = found.get(`cat-${category}`);
    assert.ok(colour, `${selector} has no --cat-${category}`);
    return colour;
  });
}

const TEXT = linear('#ffffff');
const sets = [
  { name: 'light', colours: palette(':root', 0), least: 4.5 },
  { name: 'dark', colours: palette("[data-theme='dark']", 0), least: 4.5 },
  { name: 'high contrast', colours: palette(':root', 1), least: 7 },
];

for (const { name, colours, least } of sets) {
  test(`${name}: text on each category has a contrast of at least ${least}`, () => {
    assert.match(css, /--cat-text: #fff;/);
    colours.forEach((colour, at) => {
      const ratio = contrast(colour, TEXT);
      assert.ok(ratio >= least, `${CATEGORIES[at]}: ${ratio.toFixed(2)}`);
    });
  });
}

for (const { name, colours } of sets.slice(0, 2)) {
  for (const [vision, matrix] of Object.entries(VISIONS)) {
    test(`${name}: ${vision} eyes can tell categories apart`, () => {
      const seen = colours.map((colour) => oklab(seenWith(colour, matrix)));
      for (let a = 0; a < seen.length; a++) {
        for (let b = 0; b < a; b++) {
          const distance = Math.hypot(...seen[a].map((value, axis) => value - seen[b][axis]));
          // About twice the difference that is just noticeable between patches side by side.
          assert.ok(distance >= 0.035, `${CATEGORIES[a]} and ${CATEGORIES[b]}: ${distance.toFixed(3)}`);
        }
      }
    });
  }

  test(`${name}: categories are of about equal lightness`, () => {
    const lightness = colours.map((colour) => oklab(colour)[0]);
    assert.ok(Math.max(...lightness) - Math.min(...lightness) < 0.15);
  });
}
