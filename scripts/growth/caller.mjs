// A caller that wants the data of each reply.
import { REQUEST_QUEUE, SharedCaller, ask } from '../bench/callers.mjs';

export class DataCaller {
  #caller;

  static async open(address) {
    const self = new DataCaller();
    self.#caller = await SharedCaller.open(address);
    return self;
  }

  /** Returns `data` of the reply. Throws when the status is not 200 or no reply comes. */
  async call(method, uri, data) {
    const reply = await ask(this.#caller, REQUEST_QUEUE, { method, uri, data });
    return JSON.parse(reply.toString()).data;
  }

  close() {
    return this.#caller.close();
  }
}
