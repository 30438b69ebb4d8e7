import { randomInt } from 'node:crypto';
import { foldId } from './identifier';

/** At a million extensions a bucket stands for about eight logins and eight rows for Kamailio. */
const BUCKETS = 2 ** 17;

/** Codes of no character: the end of a text, NULL, and the id again. */
const END = 0x1_0000;
const NULL = 0x1_0001;
const SAME = 0x1_0002;

/** The hash of a digest; random for each run, so rows that agree in it by chance differ in the next run. */
export interface DigestKey {
  readonly start: number;
  readonly multiplier: number;
}

/** A digest as JSON. */
export interface DigestText extends DigestKey {
  readonly sums: string;
}

/**
 * The difference between two sets of rows, each too large for memory and read in another order. Every row has a hash,
 * and a bucket that follows from its folded id; the hash also holds the id as it is stored. The hashes of required rows
 * are added to the sum of their bucket, the hashes of rows that are there are subtracted. A bucket with a difference has
 * the sum 0 only with a probability of 2^-32.
 */
export class Digest {
  private id: string | undefined;
  private bucketState = 0;
  private rowState = 0;

  constructor(
    private readonly key: DigestKey = { start: randomInt(2 ** 31), multiplier: randomInt(2 ** 31) | 1 },
    private readonly sums = new Int32Array(BUCKETS),
  ) {}

  /** `undefined` when the text is not that of a digest. */
  static parse({ start, multiplier, sums }: DigestText): Digest | undefined {
    const bytes = Uint8Array.from(Buffer.from(sums, 'base64'));
    if (bytes.length !== BUCKETS * Int32Array.BYTES_PER_ELEMENT || multiplier % 2 !== 1) return undefined;
    return new Digest({ start, multiplier }, new Int32Array(bytes.buffer));
  }

  toText(): DigestText {
    return { ...this.key, sums: Buffer.from(this.sums.buffer).toString('base64') };
  }

  /** Adds a row that must be there. */
  require(kind: string, id: string, fields: readonly (string | null)[]): void {
    this.add(id, this.hash(kind, id, fields));
  }

  /** Subtracts a row that is there. */
  meet(kind: string, id: string, fields: readonly (string | null)[]): void {
    this.add(id, -this.hash(kind, id, fields));
  }

  /** Makes the sum of this id differ, whatever rows there are. */
  suspect(id: string): void {
    this.add(id, randomInt(1, 2 ** 31));
  }

  /** False when the rows with this id are as they must be. True also for some ids of the same bucket. */
  differs(id: string): boolean {
    return this.sums[this.bucketOf(id)] !== 0;
  }

  get isEven(): boolean {
    return this.sums.every((sum) => sum === 0);
  }

  private add(id: string, amount: number): void {
    const bucket = this.bucketOf(id);
    this.sums[bucket] = (this.sums[bucket] ?? 0) + amount;
  }

  private bucketOf(id: string): number {
    this.turnTo(id);
    return finished(this.bucketState) & (this.sums.length - 1);
  }

  private hash(kind: string, id: string, fields: readonly (string | null)[]): number {
    this.turnTo(id);
    let state = this.mixed(this.rowState, kind);
    for (const field of fields) {
      if (field === null) state = this.step(state, NULL);
      else state = field === id ? this.step(state, SAME) : this.mixed(state, field);
    }
    return finished(state);
  }

  /** The rows of a login have one id, so its states are kept. */
  private turnTo(id: string): void {
    if (id === this.id) return;
    const folded = foldId(id);
    this.id = id;
    this.bucketState = this.mixed(this.key.start, folded);
    this.rowState = id === folded ? this.bucketState : this.mixed(this.bucketState, id);
  }

  private mixed(state: number, text: string): number {
    let mixed = state;
    for (let at = 0; at < text.length; at++) mixed = this.step(mixed, text.charCodeAt(at));
    return this.step(mixed, END);
  }

  private step(state: number, code: number): number {
    const product = Math.imul(state ^ code, this.key.multiplier);
    return product ^ (product >>> 15);
  }
}

/** Spreads every bit of the state over the whole number. */
function finished(state: number): number {
  let hash = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
