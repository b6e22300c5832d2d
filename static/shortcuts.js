/**
 * Keyboard shortcuts: the ones that users of other viewers know.
 *
 * @module
 */

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/**
 * @typedef {object} Shortcut
 * @property {string} command
 * @property {string} label
 * @property {string} keys as in `Ctrl+Shift+F`; Ctrl also stands for Command. A sign such as `{` is the character, however it is typed
 * @property {string[]} [also] other keys that do the same
 * @property {boolean} [typing] also while typing in a field
 * @property {boolean} [viewer] only while a model is shown
 */

/** By topic. @type {Record<string, Shortcut[]>} */
export const TOPICS = {
  Page: [
    { command: 'open', label: 'Open a file', keys: 'Ctrl+O', typing: true },
    { command: 'find', label: 'Find', keys: 'Ctrl+F', typing: true, viewer: true },
    { command: 'properties', label: 'Details on or off', keys: 'Ctrl+Enter', viewer: true },
    { command: 'outline', label: 'Outline on or off', keys: 'Ctrl+B', viewer: true },
    { command: 'tables', label: 'All tensors, modules and operators', keys: 't', viewer: true },
    { command: 'svg', label: 'Save as SVG', keys: 'Ctrl+Alt+E', viewer: true },
    { command: 'help', label: 'This list', keys: '?' },
  ],
  Nodes: [
    { command: 'attributes', label: 'Attributes in nodes', keys: 'Ctrl+D', viewer: true },
    { command: 'weights', label: 'Weights in nodes', keys: 'Ctrl+I', viewer: true },
    { command: 'names', label: 'Names in nodes', keys: 'Ctrl+U', viewer: true },
    { command: 'heat', label: 'Colours by cost', keys: 'H', viewer: true },
    { command: 'back', label: 'Deselect, go back', keys: 'Escape' },
  ],
  View: [
    { command: 'zoomIn', label: 'Zoom in', keys: '+', also: ['=', 'Shift+ArrowUp'], viewer: true },
    { command: 'zoomOut', label: 'Zoom out', keys: '-', also: ['_', 'Shift+ArrowDown'], viewer: true },
    { command: 'actual', label: 'Actual size', keys: '1', also: ['Shift+Backspace'], viewer: true },
    { command: 'fit', label: 'Fit the graph', keys: '0', viewer: true },
    { command: 'near', label: 'Zoom to the selection', keys: '.', viewer: true },
    { command: 'direction', label: 'Direction of the graph', keys: 'Ctrl+K', viewer: true },
    { command: 'controls', label: 'Control edges', keys: 'c', viewer: true },
  ],
  Groups: [
    { command: 'shallower', label: 'One level less', keys: '[', viewer: true },
    { command: 'deeper', label: 'One level more', keys: ']', viewer: true },
    { command: 'none', label: 'Collapse all', keys: '{', viewer: true },
    { command: 'all', label: 'Expand all', keys: '}', viewer: true },
    { command: 'flat', label: 'Flat', keys: '\\', viewer: true },
  ],
};

const SHORTCUTS = Object.values(TOPICS).flat();

/**
 * The keys of a command, as this platform writes them: `Ctrl K`, `⌘K`.
 * @param {string} command
 * @returns {string[]} one text a key
 */
export function keysOf(command) {
  const found = SHORTCUTS.find((shortcut) => shortcut.command === command);
  return found ? partsOf(found.keys).map(keyName) : [];
}

/** @param {string} keys */
const partsOf = (keys) => (keys === '+' ? [keys] : keys.split('+'));

/** @param {string} key */
function keyName(key) {
  /** @type {Record<string, string>} */
  const names = {
    Ctrl: MAC ? '⌘' : 'Ctrl',
    Alt: MAC ? '⌥' : 'Alt',
    Shift: MAC ? '⇧' : 'Shift',
    ArrowUp: '↑',
    ArrowDown: '↓',
    Escape: 'Esc',
    Backspace: '⌫',
    Enter: '↵',
  };
  return names[key] ?? key;
}

/**
 * Calls `run` for each shortcut that is typed.
 * @param {() => boolean} viewing whether a model is shown
 * @param {(command: string) => void} run
 */
export function listen(viewing, run) {
  // Before the parts of the page see the key: some of them give its plain form another meaning.
  document.addEventListener('keydown', (event) => {
    if (event.isComposing || document.querySelector('dialog[open], :popover-open')) return;
    // What is over the graph has keys of its own.
    if (event.target instanceof Element && event.target.closest('.over')) return;
    const typing = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
    const found = SHORTCUTS.find(({ keys, also = [] }) => [keys, ...also].some((each) => matches(each, event)));
    if (!found || (typing && !found.typing) || (found.viewer && !viewing())) return;
    event.preventDefault();
    event.stopPropagation();
    run(found.command);
  }, { capture: true });
}

/**
 * @param {string} keys
 * @param {KeyboardEvent} event
 */
function matches(keys, event) {
  const parts = partsOf(keys);
  const key = parts.pop() ?? '';
  // Where a sign is typed with AltGr, the browser may report Ctrl and Alt.
  const alone = event.getModifierState('AltGraph');
  const ctrl = !alone && (event.ctrlKey || event.metaKey);
  const alt = !alone && event.altKey;
  if (ctrl !== parts.includes('Ctrl') || alt !== parts.includes('Alt')) return false;
  // Signs need Shift on some keyboards and not on others.
  if (!/^[^\p{L}\p{N}]$/u.test(key) && event.shiftKey !== parts.includes('Shift')) return false;
  // With Alt some platforms type another character, so the position of the key counts too.
  return event.key.toLowerCase() === key.toLowerCase() || (event.altKey && event.code === `Key${key}`);
}
