/**
 * What opens over the graph: the inspector of a tensor, and the tables. Their programs are loaded when they are first wanted.
 *
 * @module
 */

/** @import {Session} from './session.js' */
/** @import {ModelInfo, Selection, TensorInfo} from './types.js' */

export class Over {
  /** @type {import('./inspector.js').Inspector|null} */
  #inspector = null;
  /** @type {import('./tables.js').Tables|null} */
  #tables = null;
  #host;

  /**
   * @param {object} host
   * @param {() => {session: Session, info: ModelInfo}} host.model what is open
   * @param {(graph: number, selection: Selection) => void} host.jump shows something in the graph
   */
  constructor(host) {
    this.#host = host;
  }

  /**
   * @param {TensorInfo} tensor
   * @param {string} name what the graph calls it
   */
  async inspect(tensor, name) {
    const { Inspector } = await import('./inspector.js');
    this.#inspector ??= new Inspector();
    this.#inspector.open(this.#host.model().session, tensor, name);
  }

  /** @param {'tensors'|'modules'|'operators'} kind */
  async tables(kind) {
    const { Tables } = await import('./tables.js');
    this.#tables ??= new Tables({
      jump: this.#host.jump,
      inspect: async ({ tensor, name }) => this.inspect(await this.#host.model().session.tensor(tensor), name),
    });
    const { session, info } = this.#host.model();
    await this.#tables.open(session, info.file.name, kind);
  }

  /** Goes back to the graph. @returns {boolean} whether something was over it */
  close() {
    const inspector = this.#inspector?.close() ?? false;
    const tables = this.#tables?.close() ?? false;
    return inspector || tables;
  }
}
