import { randomUUID } from 'node:crypto';
import { ZERO_UUID } from '../support/database';

const NEVER_BOUND = '11111111-1111-4111-8111-111111111111';
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const DOMAIN = /d[0-9a-f]{12}\b/gi;
const HASH = /direct\.[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z/g;

const CUSTOMERS = ['c1', 'c2', 'n1'];
const DOMAINS = Array.from({ length: 19 }, (_, index) => `d${index + 1}`);

/** Puts fresh values where a recording has names, and names where an answer has values. */
export class Labels {
  private readonly values = new Map<string, string>();
  private readonly names = new Map<string, string>();
  private readonly counts = new Map<string, number>();

  constructor() {
    for (const name of CUSTOMERS) this.introduce(name, randomUUID());
    for (const name of DOMAINS) this.introduce(name, `d${randomUUID().slice(24)}`);
  }

  private introduce(name: string, value: string): void {
    this.values.set(name, value);
    this.values.set(name.toUpperCase(), value.toUpperCase());
    this.names.set(value, name);
  }

  value(name: string): string {
    return this.values.get(name) ?? (name.endsWith('.tm') ? '' : NEVER_BOUND);
  }

  bind(name: string, made: { id: string; tm_create: string }): void {
    this.values.set(name, made.id);
    this.names.set(made.id, name);
    this.values.set(`${name}.tm`, encodeURIComponent(made.tm_create));
  }

  fill(text: string): string {
    return text.replace(/\{\{(\w+(?:\.tm)?)\}\}/g, (_match, name: string) => this.value(name));
  }

  private nameOf(value: string, kind: string): string {
    const known = this.names.get(value);
    if (known !== undefined) return `{{${known}}}`;
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    this.names.set(value, `${kind}${count}`);
    return `{{${kind}${count}}}`;
  }

  /** With `anyTime`, times lose their identity: rows and events are compared without it. */
  label(text: string, { anyTime = false } = {}): string {
    return text
      .replace(UUID, (uuid) => (uuid === ZERO_UUID || uuid === NEVER_BOUND ? uuid : this.nameOf(uuid, 'u')))
      .replace(DOMAIN, (domain) => (this.names.has(domain) ? this.nameOf(domain, 'd') : domain))
      .replace(HASH, (hash) => this.nameOf(hash, 'h'))
      .replace(TIME, (time) => (anyTime ? '{{t}}' : this.nameOf(time, 'T')));
  }
}
