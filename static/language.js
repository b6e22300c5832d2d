/**
 * The language of the page.
 *
 * Every text of the page is written in English where it is used, as an argument of {@link t}; that English is the key under which a catalogue has
 * its translation.
 *
 * @module
 */

/** Translations by the English text. @type {Record<string, string>} */
const catalogue = {};

/**
 * `text` in the language of the page; `{name}` in it stands for the value of that name.
 * @param {string} text in English
 * @param {Record<string, string|number>} [values]
 */
export function t(text, values = {}) {
  return (catalogue[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
