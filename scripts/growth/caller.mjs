// A caller that wants the data of each reply.
import { REQUEST_QUEUE, SharedCaller } from '../bench/callers.mjs';

export class DataCaller {
  #caller;

  static async open(address) {
    const self = new DataCaller();
    self.#caller = await SharedCaller.open(address);
    return self;
  }

  /** Returns `data` of the reply. Throws when the status is not 200 or no reply comes. */
  async call(method, uri, data) {
    const request = { uri, method, publisher: 'bench', data_type: 'application/json', data };
    const content = (await this.#caller.send(REQUEST_QUEUE, Buffer.from(JSON.stringify(request)))).toString();
    const reply = JSON.parse(content);
    if (reply.status_code !== 200) throw new Error(`${method} ${uri} was answered ${content}`);
    return reply.data;
  }

  close() {
    return this.#caller.close();
  }
}
