// Callers that create, change, read and delete resources, and remember which changes were acknowledged.
import { randomUUID } from 'node:crypto';
import { randomFrom } from './random.mjs';
import { Resource } from './resource.mjs';

const ACTIONS = { create: 26, password: 20, describe: 12, read: 16, list: 3, remove: 14, trunk: 9 };
const LIVING_MAX = 40;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Parts of passwords, some of which must be encoded for Asterisk. */
const DECORATIONS = ['', ';x', ' y', '^5E', 'ä'];

export class LoadCaller {
  resources = [];
  /** Broken promises found while the load ran. */
  broken = [];
  #call;
  #random;
  #customer = randomUUID();
  #serial = 0;
  #pauseMs;

  /** `pauseMs` is the mean of the time between two requests. */
  constructor(caller, seed, pauseMs) {
    this.#pauseMs = pauseMs;
    this.#call = (method, uri, data) => caller.call(method, uri, data);
    this.#random = randomFrom(seed);
  }

  async run(isOver) {
    while (!isOver()) {
      await this.#act(this.#random.weighted(ACTIONS));
      await pause(this.#random.between(0, 2 * this.#pauseMs));
    }
  }

  /** Repeats each create without a known outcome: either it succeeds now, or the resource exists already. */
  async clearDoubts() {
    for (const resource of this.resources.filter(({ id }) => id === null)) await this.#tryCreate(resource);
  }

  async #act(action) {
    const alive = this.resources.filter((resource) => resource.id !== null && !resource.isGone);
    if (action === 'create' && alive.length < LIVING_MAX) return this.#create('extension');
    if (action === 'trunk' && alive.length < LIVING_MAX) return this.#create('trunk');
    if (action === 'list') return this.#list();
    const resource = this.#random.pick(alive);
    if (!resource) return this.#create('extension');
    if (action === 'read') return this.#read(resource);
    if (action === 'remove' || action === 'create' || action === 'trunk') return this.#remove(resource);
    return this.#change(resource, action === 'password' ? this.#password() : '');
  }

  #password() {
    return `${randomUUID().slice(0, 13)}${this.#random.pick(DECORATIONS)}`;
  }

  async #create(kind) {
    const serial = String(++this.#serial);
    const label = kind === 'extension' ? `2${serial.padStart(5, '0')}` : `d${this.#customer.slice(0, 8)}-${serial}`;
    const resource = new Resource(kind, this.#customer, label);
    this.resources.push(resource);
    for (let attempt = 0; attempt < 3 && resource.id === null; attempt++) await this.#tryCreate(resource);
  }

  async #tryCreate(resource) {
    const { kind, customer, label } = resource;
    const password = this.#password();
    resource.asked.add(password);
    const common = { customer_id: customer, name: 'first', detail: '', password };
    const data =
      kind === 'extension'
        ? { ...common, extension: label }
        : { ...common, domain_name: label, auth_types: ['basic'], username: 'acme', allowed_ips: [] };
    const reply = await this.#call('POST', `/v1/${kind}s`, data);
    if (reply.status_code === 200) return resource.acknowledged(`${kind}_created`, reply.data);
    if (reply.status_code === 409) return this.#adopt(resource);
    if (![0, 503].includes(reply.status_code)) this.#note(resource, `a create was answered ${reply.status_code}`);
    resource.doubtful({ isAlive: true, password, name: 'first' });
  }

  /** An earlier create without a reply has succeeded: looks up its resource. */
  async #adopt(resource) {
    const { kind, customer, label } = resource;
    const found =
      kind === 'extension'
        ? await this.#call('GET', `/v1/extensions/extension/${label}`, { customer_id: customer })
        : await this.#call('GET', `/v1/trunks/domain_name/${label}`);
    if (found.status_code === 0 || found.status_code === 503) return;
    if (found.status_code !== 200)
      return this.#note(resource, `exists already, but the look-up was answered ${found.status_code}`);
    if (!resource.allows(found.data)) this.#note(resource, 'exists already in a state that is not possible');
    resource.id = found.data.id;
  }

  async #change(resource, password) {
    const { kind, id } = resource;
    if (password !== '') resource.asked.add(password);
    const name = `name ${++this.#serial}`;
    const settings = kind === 'trunk' ? { auth_types: ['basic'], username: 'acme', allowed_ips: [] } : {};
    const reply = await this.#call('PUT', `/v1/${kind}s/${id}`, { name, detail: '', password, ...settings });
    const change = { name, ...(password === '' ? {} : { password }) };
    if (reply.status_code !== 200) return this.#refused(resource, reply, change);
    const { data } = reply;
    const isAsAsked = data.name === name && (password === '' || data.password === password);
    if (!isAsAsked || data.tm_delete !== null) this.#note(resource, 'a change was acknowledged with other content');
    resource.acknowledged(`${kind}_updated`, data);
  }

  async #remove(resource) {
    const { kind, id, isCertain } = resource;
    const reply = await this.#call('DELETE', `/v1/${kind}s/${id}`);
    if (reply.status_code !== 200) return this.#refused(resource, reply, { isAlive: false });
    if (reply.data.tm_delete === null) this.#note(resource, 'a delete was acknowledged with a living row');
    // An earlier delete with an unknown outcome may have published the event.
    const isOurs = isCertain || !resource.possible.some(({ isAlive }) => !isAlive);
    resource.acknowledged(`${kind}_deleted`, reply.data);
    if (!isOurs) resource.promised.at(-1).version = null;
  }

  #refused(resource, { status_code: status }, change) {
    if (status === 0 || status === 503) return resource.doubtful(change);
    const mayBeGone = resource.possible.some(({ isAlive }) => !isAlive);
    if (status === 404 && mayBeGone) resource.possible = resource.possible.filter(({ isAlive }) => !isAlive);
    else this.#note(resource, `a change was answered ${status}`);
  }

  async #read(resource) {
    const before = [...resource.possible];
    const reply = await this.#call('GET', `/v1/${resource.kind}s/${resource.id}`);
    if ([0, 503].includes(reply.status_code)) return;
    if (reply.status_code !== 200)
      return this.#note(resource, `a read of an acknowledged resource was answered ${reply.status_code}`);
    if (!resource.allows(reply.data))
      this.#note(resource, `a read shows a state that was not acknowledged (${before.length} possible)`);
  }

  async #list() {
    const reply = await this.#call('GET', '/v1/extensions?page_size=100', { customer_id: this.#customer });
    if (![0, 200, 503].includes(reply.status_code)) this.broken.push(`a list was answered ${reply.status_code}`);
  }

  #note({ kind, label, id }, what) {
    this.broken.push(`${kind} ${label} (${id}): ${what} [${new Date().toISOString()}]`);
  }
}
