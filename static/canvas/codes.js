/**
 * What the numbers in a scene mean.
 *
 * @module
 */

/** No net, item, value, text or container. */
export const NONE = 0xffffffff;

/** Kinds of item. */
export const KIND = { node: 0, input: 1, output: 2, module: 3, group: 4, container: 5 };

/** Flags of an item. */
export const FLAG = { note: 1, warning: 2, error: 4, enter: 8, inferred: 16, stack: 64 };

/** Styles of a net. */
export const STYLE = { flow: 0, tree: 1, inferred: 2, stub: 3, control: 4 };

/** @typedef {import('../types.js').Scene} Scene */

/** What is written in the header of an item. @param {Pick<Scene, 'texts' | 'itemCard' | 'cardTitle'>} scene @param {number} item */
export const titleOf = ({ texts, itemCard, cardTitle }, item) => texts[cardTitle[itemCard[item]]];
