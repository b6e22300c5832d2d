/** What is not dimmed: 1 for kept, by item, net and path. @typedef {{items: Uint8Array, nets: Uint8Array, paths: Uint8Array, count: number}} Isolated */

export {};
