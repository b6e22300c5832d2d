/**
 * Defaults of attributes, of the operators of all formats. They come with the page's own program, before a file is opened, so that what is selected
 * causes no request.
 *
 * @module
 */

/** @import {Defaults, Usual} from './types.js' */

/** @type {Promise<Defaults>} */
const known = load();

/**
 * The attributes of an operator that have a default, in the version of the operator set that it is of.
 * @param {string} formatId
 * @param {string} key entry of the documentation of the format's operators
 * @param {number|null} version
 * @returns {Promise<Usual[]>}
 */
export async function defaults(formatId, key, version) {
  const { [formatId]: operators = {} } = await known;
  const attributes = Object.hasOwn(operators, key) ? operators[key] ?? [] : [];
  return attributes.filter(([, , , since = 0]) => since <= (version ?? Infinity)).map(([name, type, usual]) => ({ name, type, usual }));
}

/** @returns {Promise<Defaults>} */
async function load() {
  try {
    const response = await fetch('static/ops/defaults.json');
    return response.ok ? await response.json() : {};
  } catch {
    return {};
  }
}
