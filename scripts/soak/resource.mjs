// What a caller knows of one of its extensions or trunks: the acknowledged changes and the possible states.
import { versionOf } from './journal.mjs';

const same = (a, b) => a.isAlive === b.isAlive && a.password === b.password && a.name === b.name;

export class Resource {
  kind;
  customer;
  /** Number or domain name. */
  label;
  id = null;
  /** The possible states now: one after an acknowledged change, more after a change without a reply. */
  possible = [];
  /** Acknowledged changes: their events must come. */
  promised = [];
  /** Every requested password: no event may have another one. */
  asked = new Set();

  constructor(kind, customer, label) {
    Object.assign(this, { kind, customer, label });
  }

  get isGone() {
    return this.possible.length === 1 && !this.possible[0].isAlive;
  }

  get isCertain() {
    return this.possible.length === 1;
  }

  /** After an acknowledged change, only the state in its reply is possible. */
  acknowledged(type, data) {
    this.id = data.id;
    this.possible = [stateOf(data)];
    this.promised.push({ type, version: versionOf(data), password: data.password });
  }

  /** After a change without a known outcome, the states with and without it are possible. */
  doubtful(change) {
    const base = this.possible.length > 0 ? this.possible : [{ isAlive: false, password: '', name: '' }];
    for (const next of [...base, ...base.map((state) => ({ ...state, ...change }))])
      if (!this.possible.some((state) => same(state, next))) this.possible.push(next);
  }

  allows(data) {
    return this.possible.some((state) => same(state, stateOf(data)));
  }
}

export const stateOf = ({ tm_delete, password, name }) => ({ isAlive: tm_delete === null, password, name });
