// What the callers ask for.
import { randomUUID } from 'node:crypto';

export const EXTENSIONS = 100;
export const OPERATIONS = ['get', 'list', 'contacts', 'update', 'create', 'delete', 'mix'];
export const LABELS = {
  get: 'get, cached',
  list: `list of ${EXTENSIONS}`,
  contacts: 'contacts, cached',
  update: 'update, password',
  create: 'create',
  delete: 'delete',
  mix: 'mix 70/20/10',
};
/** Ten requests of the mix. */
const MIX = [...Array(7).fill('get'), ...Array(2).fill('contacts'), 'update'];

const digits = (n, length) => String(n).padStart(length, '0');
export const passwordOf = (n) => `pw${digits(n, 8)}`;

export const creation = (customerId, extension, n) => ({
  kind: 'create',
  method: 'POST',
  uri: '/v1/extensions',
  data: { customer_id: customerId, extension, password: passwordOf(n), name: '', detail: '' },
});

export const change = ({ id }, n) => ({
  kind: 'update',
  method: 'PUT',
  uri: `/v1/extensions/${id}`,
  data: { name: 'n', detail: '', password: passwordOf(n) },
});

export const removal = ({ id }) => ({ kind: 'delete', method: 'DELETE', uri: `/v1/extensions/${id}` });

export const listing = (customerId) => ({
  kind: 'list',
  method: 'GET',
  uri: `/v1/extensions?page_size=${EXTENSIONS}`,
  data: { customer_id: customerId, deleted: false },
});

/** Makes a customer with a hundred extensions. A busy machine may refuse some of the first creates. */
export async function makeCustomer(send) {
  const id = randomUUID();
  const made = [];
  for (let n = 0; made.length < EXTENSIONS; n++) {
    const request = creation(id, `2${digits(n, 6)}`, n);
    await send({ ...request, answered: (extension) => made.push(extension) }).catch((error) => {
      if (n > 2 * EXTENSIONS) throw error;
    });
  }
  return { id, made };
}

/**
 * The n-th request of each operation. Changes have a customer of their own: a changed password drops the cached
 * contacts of its extension for 5 s.
 */
export class Requests {
  #read;
  #changed;
  #other = randomUUID();
  #created = [];

  constructor({ read, changed }) {
    this.#read = read;
    this.#changed = changed;
  }

  get created() {
    return this.#created.length;
  }

  /** `undefined` when `delete` has removed all that `create` has made. */
  next(operation, n) {
    const pick = ({ made }, at) => made[at % EXTENSIONS];
    switch (operation) {
      case 'get':
        return { kind: 'get', method: 'GET', uri: `/v1/extensions/${pick(this.#read, n).id}` };
      case 'list':
        return listing(this.#read.id);
      case 'contacts': {
        const { customer_id, extension } = pick(this.#read, n);
        return { kind: 'contacts', method: 'GET', uri: '/v1/contacts', data: { customer_id, extension } };
      }
      case 'update':
        return change(pick(this.#changed, n), n);
      case 'create':
        return { ...creation(this.#other, `3${digits(n, 8)}`, n), answered: ({ id }) => this.#created.push({ id }) };
      case 'delete':
        return this.#created.length > 0 ? removal(this.#created.pop()) : undefined;
      case 'mix': {
        // The sum makes every extension take part in every kind of request.
        const kind = MIX[n % MIX.length];
        const at = n + Math.floor(n / MIX.length);
        return kind === 'get' ? this.next('get', at) : { ...this.next(kind, at), kind };
      }
      default:
        throw new Error(`no operation ${operation}`);
    }
  }
}
