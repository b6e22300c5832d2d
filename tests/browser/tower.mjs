// Writes ONNX models with a hierarchy: a decoder of any number of layers, its mask read by all of them.

/** A node as the file has it. `reads` leaves the weights out. @typedef {{name: string, operator: string, reads: string[], makes: string[]}} TowerNode */

/** @typedef {{bytes: Buffer, nodes: TowerNode[]}} Tower */

const FLOAT = 1;
const WIDTH = 8;

/** @param {number} value @returns {Buffer} */
function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

/**
 * Fields of a message of Protocol Buffers, by number: numbers, texts, bytes, or lists of them for what is repeated.
 * @typedef {number|string|Buffer} Content
 * @param {[number, Content|Content[]][]} fields
 * @returns {Buffer}
 */
function message(fields) {
  return Buffer.concat(fields.flatMap(([number, contents]) => [contents].flat().map((content) => {
    if (typeof content === 'number') return Buffer.concat([varint(8 * number), varint(content)]);
    const bytes = Buffer.from(content);
    return Buffer.concat([varint(8 * number + 2), varint(bytes.length), bytes]);
  })));
}

/** @param {string} name @param {(number|string)[]} shape */
const value = (name, shape) => message([[1, name], [2, message([[1, message([
  [1, FLOAT], [2, message([[1, shape.map((dim) => message([typeof dim === 'number' ? [1, dim] : [2, dim]]))]])],
])]])]]);

/** @param {string} name @param {number[]} shape */
const weight = (name, shape) => message([[1, shape], [2, FLOAT], [8, name], [9, Buffer.alloc(4 * shape.reduce((a, b) => a * b, 1))]]);

/**
 * A decoder whose nodes are named as exporters name them: `/model/layers.3/attn/q/MatMul`.
 *
 * @param {number} layers
 * @param {{odd?: number}} [options] `odd`: the layer whose feed-forward part is twice as wide
 * @returns {Tower}
 */
export function tower(layers, { odd } = {}) {
  /** @type {TowerNode[]} */
  const nodes = [];
  /** @type {Buffer[]} */
  const weights = [];
  /** @type {Buffer[]} */
  const written = [];
  /**
   * @param {string} name
   * @param {string[]} reads
   * @param {number[]} [shape] of a weight that is read as well
   */
  const node = (name, reads, shape) => {
    const operator = name.replace(/^.*\//, '').replace(/_\d+$/, '');
    const output = `${name}_output_0`;
    const parameter = `${name.slice(1, name.lastIndexOf('/')).replaceAll('/', '.')}.weight`;
    const inputs = shape ? [...reads, parameter] : reads;
    if (shape) weights.push(weight(parameter, shape));
    nodes.push({ name, operator, reads, makes: [output] });
    written.push(message([[1, inputs], [2, output], [3, name], [4, operator]]));
    return output;
  };
  const mask = node('/model/mask/Mul', [node('/model/mask/Sub', ['attention_mask', 'attention_mask'])], [1]);
  let x = node('/model/embed/MatMul', ['tokens'], [WIDTH, WIDTH]);
  for (let layer = 0; layer < layers; layer++) {
    const scope = `/model/layers.${layer}`;
    const inner = layer === odd ? 4 * WIDTH : 2 * WIDTH;
    const normal = norm(node, `${scope}/norm`, x);
    const [q, k, v] = ['q', 'k', 'v'].map((name) => node(`${scope}/attn/${name}/MatMul`, [normal], [WIDTH, WIDTH]));
    const scores = node(`${scope}/attn/MatMul`, [q, node(`${scope}/attn/Transpose`, [k])]);
    const shares = node(`${scope}/attn/Softmax`, [node(`${scope}/attn/Add`, [scores, mask])]);
    const seen = node(`${scope}/attn/o/MatMul`, [node(`${scope}/attn/MatMul_1`, [shares, v])], [WIDTH, WIDTH]);
    const sum = node(`${scope}/Add`, [x, seen]);
    const wide = node(`${scope}/mlp/Relu`, [node(`${scope}/mlp/up/MatMul`, [sum], [WIDTH, inner])]);
    x = node(`${scope}/Add_1`, [sum, node(`${scope}/mlp/down/MatMul`, [wide], [inner, WIDTH])]);
  }
  const logits = node('/head/MatMul', [norm(node, '/model/norm', x)], [WIDTH, WIDTH]);
  const graph = message([
    [1, written], [2, 'tower'], [5, weights],
    [11, [value('tokens', ['sequence', WIDTH]), value('attention_mask', ['sequence', 'sequence'])]], [12, value(logits, ['sequence', WIDTH])],
  ]);
  return { bytes: message([[1, 8], [7, graph], [8, message([[1, ''], [2, 17]])]]), nodes };
}

/** @param {(name: string, reads: string[], shape?: number[]) => string} node @param {string} scope @param {string} x */
function norm(node, scope, x) {
  const centred = node(`${scope}/Sub`, [x, node(`${scope}/ReduceMean`, [x])]);
  return node(`${scope}/Mul`, [centred], [WIDTH]);
}
