// What a caller knows of one extension or trunk of its own: what was promised to it, and what may have happened besides.
import { versionOf } from './journal.mjs';

const same = (a, b) => a.isAlive === b.isAlive && a.password === b.password && a.name === b.name;

export class Resource {
  kind;
  customer;
  /** Number or domain name. */
  label;
  id = null;
  /** Every state it may be in now: one after an acknowledged change, more after one that was not answered. */
  possible = [];
  /** Acknowledged changes: their events must come. */
  promised = [];
  /** Every password that was ever asked for: no event may tell of another. */
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

  /** A change was acknowledged: its answer is the truth from now on. */
  acknowledged(type, data) {
    this.id = data.id;
    this.possible = [stateOf(data)];
    this.promised.push({ type, version: versionOf(data), password: data.password });
  }

  /** A change may or may not have happened. */
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
