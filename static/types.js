/**
 * The contract between the page and the Worker, as types. What crosses is plain data made by `src/view/`; byte arrays
 * are transferred, the rest is cloned.
 *
 * @module
 */

/**
 * A request to the Worker; the answer carries the same id.
 * @typedef {{id: number, method: string, args: unknown[]}} Request
 */

/**
 * An answer; or how far work of many steps is, from 0 to 1; or, while a model is opened, how far that is.
 * @typedef {{id: number, result: unknown} | {id: number, error: Failure} | {id: number, done: number} | {progress: Progress}} Response
 */

/**
 * Why something failed, in words for the reader of the page. `download`: the server has no Range requests, so the page is to
 * download the file and open it as a blob.
 * @typedef {{kind: 'malformed'|'unsupported'|'limit'|'missing'|'io'|'download'|'crash', message: string, safety?: Safety}} Failure `safety`: what the
 *   pickles of a file would do that is no model
 */

/**
 * How far opening is. `done` goes from 0 to 1, or is null when it cannot be told.
 * @typedef {{stage: string, done: number|null, bytesRead: number}} Progress
 */

/** @typedef {{name: string, value: string}} Entry */

/**
 * @typedef {object} GraphInfo
 * @property {number} id
 * @property {string} title what to call it: its name, or what it is
 * @property {'main'|'function'|'body'} kind
 * @property {'flow'|'modules'} wiring
 * @property {{graph: number, node: number, label: string}|null} parent of a body: the node that holds it, and as which attribute
 * @property {number} nodes
 * @property {number} edges
 */

/**
 * One diagnostic, to be shown beside the graph; jumps to its node.
 * @typedef {{severity: 'note'|'warning'|'error', message: string, at: number|null, graph: number|null, node: number|null}} Diagnostic
 */

/**
 * The Model panel.
 * @typedef {object} ModelInfo
 * @property {{name: string, size: number, companions: string[]}} file
 * @property {string} format with its version: `ONNX v8`
 * @property {string} formatId names `static/ops/<formatId>.json`
 * @property {Entry[]} properties
 * @property {{domain: string, version: number}[]} imports
 * @property {Entry[]} metadata
 * @property {GraphInfo[]} graphs
 * @property {number} entry the graph to show first
 * @property {{graphs: number, nodes: number, edges: number, initializers: number, parameters: number, bytes: number}} counts
 * @property {{dtype: string, tensors: number, parameters: number, bytes: number}[]} dtypes largest first
 * @property {{operator: string, domain: string, category: string, count: number}[]} operators most frequent first
 * @property {Diagnostic[]} diagnostics
 * @property {number} droppedDiagnostics
 * @property {Safety|null} [safety] what the pickles of the file would do to whoever loads it; null for a file without pickles
 * @property {number} bytesRead
 * @property {number} seconds
 */

/**
 * How much something matters: it is known and no harm of it is; what it does cannot be known, or it is odd; it runs code, or can do so.
 * @typedef {'inert'|'unknown'|'dangerous'} Rating
 */

/** @typedef {{rating: Rating, message: string, at: number|null}} Finding a sentence, and where */

/**
 * The report on the pickles of a file.
 * @typedef {object} Safety
 * @property {Rating} rating the gravest in it
 * @property {string} summary what it comes to, with code between backticks
 * @property {string} why why pickles are reported on, and what avoids them
 * @property {Stream[]} streams the pickles
 * @property {number} more how many more there are
 * @property {Finding[]} findings about the container
 * @property {number} unseen how many entries of the archive were not looked at
 */

/**
 * A pickle.
 * @typedef {object} Stream
 * @property {string} name what it is in: the path in an archive; empty if it is all of the file
 * @property {number} at in bytes from the start of its file
 * @property {number} len in bytes
 * @property {number|null} within the pickle that it is in or behind
 * @property {boolean} aside whether loading the file does not run it
 * @property {number} protocol
 * @property {Rating} rating
 * @property {{path: string, rating: Rating, reason: string, at: number, opcode: string, count: number}[]} imports the gravest first
 * @property {number} moreImports
 * @property {{text: string, rating: Rating, reason: string, at: number, opcode: string, count: number}[]} calls the gravest first
 * @property {number} moreCalls
 * @property {Finding[]} findings
 */

/** @typedef {{lines: string[], next: {at: number, depth: number}|null}} Listed some instructions of a pickle, and where they go on */

/**
 * How wide characters are in the fonts of the drawing, in px: entries 0 to 94 for the characters U+0020 to U+007E, then one for `×`
 * (stands for other narrow characters) and one for `漢` (stands for wide ones).
 * @typedef {{title: number[], label: number[], value: number[]}} Advances
 */

/**
 * @typedef {object} SceneOptions
 * @property {'down'|'right'|'auto'} direction
 * @property {Advances} advances
 * @property {{attributes: boolean, weights: boolean, names: boolean, controls: boolean}} shown in nodes: important attributes, weight
 *   shapes, names; between them: control edges
 * @property {'auto'|'flat'|'groups'} [level] how deep the graph is shown; auto: flat when it is small, else what fits a screen
 * @property {number[]} [open] the groups that are open; absent: those that fit a screen
 * @property {Step} [step] what the reader does with them
 * @property {[number, number]} [screen] width and height, in px
 */

/**
 * A step through the hierarchy; `reveal` opens what hides a node, `show` what hides a group.
 * @typedef {{kind: 'toggle'|'show', group: number} | {kind: 'reveal', node: number} | {kind: 'deeper'|'shallower'|'all'|'none'}} Step
 */

/**
 * A laid-out graph, ready to draw. Arrays are indexed by item, card, path or net; texts are in one table.
 *
 * An item is a card or a pill. A net is a tensor with all its consumers; it is drawn as paths: trunks, and legs that end at an item.
 *
 * @typedef {object} Scene
 * @property {number} graph
 * @property {'down'|'right'} direction
 * @property {'flat'|'groups'} level how deep it is shown
 * @property {boolean} grouped whether the graph has groups at all
 * @property {boolean} controlled whether the graph has control edges at all, shown or not
 * @property {number[]} open the groups that are open, in order
 * @property {number} width in graph pixels; the drawing goes from 0,0
 * @property {number} height
 * @property {{header: number, line: number, pad: number, radius: number, gap: number}} metrics of cards: height of the header, height of a
 *   line, inner padding, corner radius, gap between a line's label and its value
 * @property {string[]} texts
 * @property {string[]} categories category names, indexed by `itemCategory`
 *
 * @property {Float64Array} rects x, y, w, h of each item
 * @property {Uint8Array} itemKind 0 node, 1 graph input, 2 graph output, 3 open group of a module tree (a card), 4 closed group (a card that
 *   opens), 5 open group (a container around its members; comes before them)
 * @property {Uint32Array} itemRef the node, value or group id that the item stands for
 * @property {Uint32Array} itemParent the container that the item is in; 0xFFFFFFFF outside of all
 * @property {Uint32Array} mixStarts CSR into `mixCategory` and `mixCount` (items + 1 entries); of closed groups only
 * @property {Uint8Array} mixCategory families of operators in a closed group, most frequent first
 * @property {Uint32Array} mixCount how many nodes are of each
 * @property {Uint8Array} itemCategory
 * @property {Uint8Array} itemFlags 1 has a note, 2 has a warning, 4 has an error, 8 can be entered (a body or a function), 16 inferred
 * @property {Uint8Array} [itemHeat] the step of the ramp that colours each item, 0 for none; set by the page where colours show a cost
 * @property {Uint32Array} itemCard what is written on each item: many say the same
 * @property {Uint32Array} cardTitle text of each card's header
 * @property {Uint32Array} lineStarts CSR into `lines`, in lines (cards + 1 entries)
 * @property {Uint32Array} lines two texts a line: label, value
 *
 * @property {Uint32Array} pathStarts CSR into `points`, in points (paths + 1 entries)
 * @property {Float64Array} points x, y; a start point, then control, control, end of each cubic
 * @property {Uint32Array} pathNet
 * @property {Uint32Array} pathTarget the item where a leg ends, 0xFFFFFFFF for a trunk and where a path goes on through the border of a container
 *
 * @property {Uint32Array} netSource the item that each net starts at
 * @property {Uint32Array} netValue the value id, 0xFFFFFFFF for containment
 * @property {Uint8Array} netStyle 0 data flow (arrowhead), 1 containment in a module tree (no arrowhead), 2 inferred (dotted), 3 stub
 *   (has no paths: its ends are named, and its edges are drawn only when asked for), 4 control (dashed: nothing flows, one end waits)
 * @property {Uint32Array} netLabel text, 0xFFFFFFFF for none
 * @property {Uint8Array} [netInferred] 1 where the file does not state what the label says
 * @property {Float64Array} netLabelAt x, y of the label's centre; NaN where there is no room
 * @property {Uint32Array} netStarts CSR into `netTargets` (nets + 1 entries)
 * @property {Uint32Array} netTargets items
 */

/**
 * What is selected: a node, a value (an edge, an input, an output), or a group of the hierarchy.
 * @typedef {{kind: 'node'|'value'|'group', id: number}} Selection
 */

/** @typedef {{node: number, operator: string, name: string, argument: string, category: string}} End one end of an edge */

/**
 * @typedef {object} TensorInfo
 * @property {number} id
 * @property {string} name
 * @property {string} dtype
 * @property {string} shape `64×3×7×7`
 * @property {number[]} dims
 * @property {boolean} numeric whether its elements are plain numbers
 * @property {number|null} elements
 * @property {number|null} bytes
 * @property {string} location where its bytes are
 * @property {boolean} readable whether values can be asked for
 * @property {string} description
 * @property {Entry[]} metadata
 * @property {number|null} dequantised the tensor that its codes stand for
 */

/**
 * @typedef {object} ValueInfo
 * @property {number} id
 * @property {string} name
 * @property {string|null} type `float32 1×64×56×56`
 * @property {boolean} [inferred] whether the file does not state all of the type
 * @property {string} description
 * @property {Entry[]} metadata
 * @property {TensorInfo|null} tensor
 * @property {End|null} producer
 * @property {End[]} consumers
 * @property {boolean} input it is an input of the graph
 * @property {boolean} output it is an output of the graph
 * @property {boolean} captured it comes from the graph around
 */

/** @typedef {{name: string, documentation: string|null, values: ValueInfo[]}} ArgumentInfo */

/**
 * @typedef {object} AttributeInfo
 * @property {string} name
 * @property {string} type
 * @property {string} value
 * @property {number[]} graphs graphs that can be entered
 * @property {TensorInfo|null} tensor
 */

/**
 * The Selection panel.
 * @typedef {object} NodeInfo
 * @property {'node'} kind
 * @property {number} id
 * @property {number} graph
 * @property {string} operator
 * @property {string} name
 * @property {string} domain of the operator; empty where the format itself defines it
 * @property {string} category
 * @property {boolean} [inferred] whether operator and attributes are inferred from names and shapes
 * @property {string} documentationKey entry of `static/ops/<formatId>.json`
 * @property {number|null} [version] of the operator set that it is of, where the file states it
 * @property {GroupRef[]} path the groups around it, outermost first
 * @property {string} description
 * @property {number|null} definition the function graph that it calls
 * @property {AttributeInfo[]} attributes
 * @property {ArgumentInfo[]} inputs
 * @property {ArgumentInfo[]} outputs
 * @property {Entry[]} metadata
 * @property {Diagnostic[]} diagnostics
 * @property {Cost|null} [cost]
 */

/**
 * A group of the hierarchy. `role`: names say so (module), a run of structural twins (stack), a part of a level with too many members (part), a
 * repetition that was found from the structure alone (repeat).
 * @typedef {object} GroupInfo
 * @property {'group'} kind
 * @property {number} id
 * @property {number} graph
 * @property {'module'|'stack'|'part'|'repeat'} role
 * @property {string} [class] of the module that it is, where the file states it
 * @property {string[]} path the names of the groups around it and its own, outermost first
 * @property {number} nodes in it and below
 * @property {[string, number][]} mix how many nodes are of each category, most frequent first
 * @property {GroupRef[]} instances of a stack
 * @property {string[]} differences of a stack: what differs between its instances, in words
 * @property {number} tensors read in it
 * @property {number} parameters
 * @property {number} bytes
 * @property {{dtype: string, tensors: number, parameters: number, bytes: number}[]} dtypes
 * @property {string} [description] of a whole graph: what the author says about it
 * @property {Entry[]} metadata the settings of the module that it is; of a whole graph, what the author attached
 * @property {Cost|null} [cost]
 */

/**
 * What running a node, a group or a model costs. `macs`: multiplications with an addition; `flops`: operations on numbers; `activations`: bytes of
 * outputs; `open`: how many nodes are left out, as a size is not known.
 * @typedef {{macs: number, flops: number, parameters: number, activations: number, open: number}} Cost
 */

/**
 * What running the model costs, and the sizes that this depends on: `size` is what was set, or null. `peak`: bytes of activations that are needed at once.
 * @typedef {{sizes: {name: string, inputs: string[], size: number|null}[], total: Cost, peak: number}} CostInfo
 */

/** Sizes by the names that stand for them. @typedef {Record<string, number>} Sizes */

/** @typedef {'macs'|'parameters'|'activations'} Measure */

/** How much of a measure each node and each group has, by id. @typedef {{nodes: number[], groups: number[]}} HeatInfo */

/** @typedef {{id: number, name: string}} GroupRef */

/**
 * The hierarchy of a graph: one entry a group, by id; 0 is the root, parents come before children.
 * @typedef {object} Outline
 * @property {number} graph
 * @property {string[]} names with `×N` for stacks
 * @property {number[]} parents -1 for the root
 * @property {('module'|'stack'|'part'|'repeat')[]} roles
 * @property {number[]} nodes in it and below
 * @property {number[]} parameters in it and below
 * @property {string[]} categories the most frequent family of operators in each
 */

/** @typedef {{kind: 'value', graph: number, value: ValueInfo}} EdgeInfo */

/** @typedef {NodeInfo | GroupInfo | EdgeInfo} Detail */

/**
 * Some values of a tensor, as text, from a flat position on.
 * @typedef {{from: number, total: number, shape: number[], values: string[]}} Values
 */

/**
 * @typedef {object} Hit
 * @property {'node'|'value'|'tensor'|'group'|'graph'} kind
 * @property {number} graph
 * @property {number} id of the node, value, group or graph; of a tensor: the node that owns it
 * @property {string} title
 * @property {string} context
 * @property {string} category
 */

/** @typedef {{total: number, hits: Hit[]}} Hits */

/**
 * A card of the welcome page: an entry of `static/samples/samples.json`. `file` and `thumb` are names in `static/samples/`.
 * @typedef {{file: string, title: string, text: string, format: string, thumb: string}} Sample
 */

/**
 * An entry of `static/formats.json`, which lists the registry of formats.
 * @typedef {{id: string, name: string, extensions: string[]}} FormatInfo
 */

/**
 * `static/ops/<formatId>.json`: where it comes from, and what is known about each operator, by documentation key.
 * @typedef {{source: string, operators: Record<string, Documentation>}} Book
 */

/**
 * What is known about an operator.
 * @typedef {object} Documentation
 * @property {string} summary
 * @property {{name: string, doc: string}[]} [inputs]
 * @property {{name: string, doc: string}[]} [outputs]
 * @property {{name: string, type?: string, default?: string, doc: string}[]} [attributes]
 * @property {number} [since] the version of the operator set that brought it
 */

/**
 * `static/ops/defaults.json`: by format and documentation key, the attributes that have a default: their names, types and defaults, and the version of the
 * operator set from which on they have it, if they did not always.
 * @typedef {Record<string, Record<string, [string, string, string, number?][]>>} Defaults
 */

/**
 * An attribute that an operator has a default for.
 * @typedef {{name: string, type: string, usual: string}} Usual
 */

export {};

/**
 * Two dimensions of a tensor: the axes that rows and columns run along (two axes make tiles with gaps), and the index on each other axis.
 * @typedef {{rows: number[], columns: number[], at: number[]}} Plane
 */

/** A part of a plane. @typedef {{row: number, rows: number, column: number, columns: number}} Frame */

/**
 * A part of a plane as text, row by row, and the size of all of the plane.
 * @typedef {{frame: Frame, rows: number, columns: number, texts: string[]}} Table
 */

/**
 * A part of a plane as means of elements, row by row, NaN where there is none; and the size of all of the plane.
 * @typedef {{frame: Frame, rows: number, columns: number, width: number, height: number, pixels: Float32Array}} Picture
 */

/**
 * Figures about the elements of a tensor; those that are null are of its finite elements, of which there are none.
 * @typedef {object} Statistics
 * @property {number} elements
 * @property {number} nan
 * @property {number} infinite
 * @property {number} zeros
 * @property {number|null} min
 * @property {number|null} max
 * @property {number|null} mean
 * @property {number|null} std
 * @property {number|null} l2
 * @property {{count: number, exact: boolean}} unique
 * @property {{width: number, first: number, counts: number[]}} histogram bin number n begins at (first + n) × width
 */

/**
 * A file that is being written, in pieces; `left` is what is not in it, and why.
 * @typedef {{number: number, size: number, left: {name: string, reason: string}[]}} Output
 */

/**
 * A tensor by one of its names. Its bytes are null where another name of the same tensor comes first, which is `tied`.
 * @typedef {{name: string, tensor: number, dtype: string, shape: string, elements: number|null, bytes: number|null, tied: string|null, file: string, graph: number|null, node: number|null}} TensorRow
 */

/** A group of the hierarchy. @typedef {{path: string, graph: number, group: number, nodes: number, parameters: number, bytes: number}} ModuleRow */

/** A node. @typedef {{graph: number, node: number, operator: string, name: string, category: string, parameters: number, macs: number|null}} OperatorRow */

/**
 * All that is in a model; `cache` is what a decoder keeps of a token.
 * @typedef {{tensors: TensorRow[], modules: ModuleRow[], operators: OperatorRow[], cache: {layers: number, elements: number}|null}} Tables
 */
