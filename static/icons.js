/**
 * Icons: strokes of 1.5 on a grid of 16.
 *
 * @module
 */

const SVG = 'http://www.w3.org/2000/svg';

/** Path data by name. */
const PATHS = {
  attributes: 'M2.5 4h11M2.5 8h7M2.5 12h9',
  auto: 'M8 2.25a5.75 5.75 0 1 0 0 11.5zM8 2.25a5.75 5.75 0 0 1 0 11.5',
  back: 'M7 3.5 2.5 8 7 12.5M3 8h10.5',
  all: 'M4 2.5 8 6l4-3.5M4 13.5 8 10l4 3.5',
  check: 'M3 8.5 6.5 12 13 4.5',
  chevron: 'M6 3.5 10.5 8 6 12.5',
  close: 'M4 4l8 8M12 4l-8 8',
  controls: 'M3.5 1.75v2.5M3.5 6v2.25M3.5 10v.75c0 1 .6 1.75 1.75 1.75H6M8 12.5h2M10 10l2.5 2.5L10 15',
  copy: 'M6 5.5h6.5v8H6zM3.5 10.5v-8H10',
  danger: 'M5.35 1.75h5.3l3.6 3.6v5.3l-3.6 3.6h-5.3l-3.6-3.6v-5.3zM8 4.75v4M8 11v.1',
  dark: 'M13.25 9.4A5.6 5.6 0 0 1 6.6 2.75a5.6 5.6 0 1 0 6.65 6.65z',
  down: 'M4.5 1.75h7v3.75h-7zM4.5 10.5h7v3.75h-7zM8 5.5v3M6.25 7 8 8.6 9.75 7',
  right: 'M1.75 4.5h3.75v7H1.75zM10.5 4.5h3.75v7H10.5zM5.5 8h3M7 6.25 8.6 8 7 9.75',
  download: 'M8 2.25v8M4.5 7 8 10.5 11.5 7M2.75 13.5h10.5',
  edge: 'M3.5 3.5c0 5.5 9 3.5 9 9M2 3.5h3M11 12.5h3',
  enter: 'M9.5 2.5h4v11h-4M2.5 8h7M6.75 5 9.75 8l-3 3',
  depth: 'M2.25 3.25h7.5M4.75 8h7.5M7.25 12.75h6.5',
  error: 'M8 2.25a5.75 5.75 0 1 0 0 11.5 5.75 5.75 0 0 0 0-11.5zM8 5v3.75M8 10.9v.1',
  file: 'M9 1.75H3.75v12.5h8.5V5zM9 1.75V5h3.25',
  find: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.25 10.25 13.75 13.75',
  fit: 'M2.5 5.75V2.5h3.25M10.25 2.5h3.25v3.25M13.5 10.25v3.25h-3.25M5.75 13.5H2.5v-3.25',
  graph: 'M5.75 1.75h4.5v3.5h-4.5zM1.75 10.75h4.5v3.5h-4.5zM9.75 10.75h4.5v3.5h-4.5zM7.25 5.25 4.5 10.75M8.75 5.25l2.75 5.5',
  group: 'M2.25 4.75h8v8.5h-8zM4.5 2.5h9.25v8.25',
  heat: 'M8 1.75c.5 2.5 3.75 4 3.75 7.5a3.75 3.75 0 0 1-7.5 0c0-1.5.75-2.5 1.5-3.25.25 1 .75 1.5 1.25 1.5C7 5.5 6.75 3.5 8 1.75z',
  help: 'M5.75 6a2.25 2.25 0 1 1 3.3 2c-.7.4-1.05.8-1.05 1.6M8 12.1v.1',
  isolate: 'M8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM8 1.75v2M8 12.25v2M1.75 8h2M12.25 8h2',
  light: 'M8 5.25a2.75 2.75 0 1 0 0 5.5 2.75 2.75 0 0 0 0-5.5zM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7',
  link: 'M6.75 9.25a2.6 2.6 0 0 0 3.9.3l2.1-2.1a2.6 2.6 0 0 0-3.7-3.7l-1.1 1.1M9.25 6.75a2.6 2.6 0 0 0-3.9-.3l-2.1 2.1a2.6 2.6 0 0 0 3.7 3.7l1.1-1.1',
  minus: 'M3.5 8h9',
  more: 'M3.5 8v.1M8 8v.1M12.5 8v.1',
  names: 'M2.5 13 6.25 3h.5l3.75 10M3.9 9.5h5.2M11.5 13h2.5',
  node: 'M2.25 4h11.5v8H2.25zM2.25 7h11.5',
  note: 'M8 2.25a5.75 5.75 0 1 0 0 11.5 5.75 5.75 0 0 0 0-11.5zM8 7.25V11M8 5v.1',
  outline: 'M2.25 3h11.5v10H2.25zM6.25 3v10',
  open: 'M1.75 12.75v-9.5h4l1.5 2h6v2M1.75 12.75l2-5.5h10.5l-2 5.5z',
  paths: 'M3.5 2.25a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zM12.5 10.75a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zM5 3.75h4a3 3 0 0 1 3 3v4M3.5 5.25v4a3 3 0 0 0 3 3H11',
  plus: 'M3.5 8h9M8 3.5v9',
  sidebar: 'M2.25 3h11.5v10H2.25zM9.75 3v10',
  tensor: 'M2.25 2.25h11.5v11.5H2.25zM2.25 6.1h11.5M2.25 9.9h11.5M6.1 2.25v11.5M9.9 2.25v11.5',
  warning: 'M8 2.25 14.25 13.25H1.75zM8 6.5v3M8 11.4v.1',
  weights: 'M2.25 2.25h4.5v4.5h-4.5zM9.25 2.25h4.5v4.5h-4.5zM2.25 9.25h4.5v4.5h-4.5zM9.25 9.25h4.5v4.5h-4.5z',
};

/** @typedef {keyof typeof PATHS} IconName */

/**
 * A decorative icon; the control around it carries the label.
 * @param {IconName} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}
