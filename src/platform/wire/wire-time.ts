import { Global, Module } from '@nestjs/common';

const DATABASE_TIME = /^([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6}))?$/;
const OWN_WIRE_TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z$/;
const WIRE_TIME = /^([0-9-]{10})T([0-9:]{8})(?:\.([0-9]+))?(?:Z|\+00:00)$/;

/** Rows written before 2026 say "never" with this year instead of NULL. */
const NEVER = '9999-01-01';
/** `YYYY-MM-DD hh:mm:ss` */
const SECONDS_LENGTH = 19;
const RESYNC_US = 2_000;

export class TimeSyntaxError extends Error {
  override readonly name = 'TimeSyntaxError';
}

/** `YYYY-MM-DD hh:mm:ss[.ffffff]` (UTC) to RFC 3339; "never" and NULL to null. */
export function toWireTime(db: string | null): string | null {
  if (db === null) return null;
  if (!DATABASE_TIME.test(db)) throw new TimeSyntaxError('not a database time');
  if (isNever(db)) return null;
  let end = db.length;
  if (end > SECONDS_LENGTH) {
    while (db.charAt(end - 1) === '0') end -= 1;
    if (db.charAt(end - 1) === '.') end -= 1;
  }
  return `${db.slice(0, 10)}T${db.slice(11, end)}Z`;
}

/** RFC 3339 (UTC) to `YYYY-MM-DD hh:mm:ss.ffffff`; digits beyond the microsecond are cut. */
export function toDatabaseTime(wire: string | null): string | null {
  if (wire === null) return null;
  const match = WIRE_TIME.exec(wire);
  const text = match && databaseTime(`${match[1] ?? ''} ${match[2] ?? ''}`, match[3]);
  if (!text) throw new TimeSyntaxError('not an RFC 3339 time in UTC');
  return isNever(text) ? null : text;
}

/**
 * Whether a record's times are as {@link toWireTime} writes them. The original's cache also holds "never" and texts
 * without a zone.
 */
export function hasWireTimes(record: Readonly<Record<'tm_create' | 'tm_update' | 'tm_delete', unknown>>): boolean {
  return [record.tm_create, record.tm_update, record.tm_delete].every(
    (time) => time === null || (typeof time === 'string' && OWN_WIRE_TIME.test(time) && !isNever(time)),
  );
}

/** Joins seconds and a fraction of any length; undefined when no such moment exists. */
export function databaseTime(seconds: string, fraction = ''): string | undefined {
  const text = `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}`;
  const match = DATABASE_TIME.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const valid =
    year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) && hour < 24 && minute < 60;
  return valid && second < 60 ? text : undefined;
}

/** Wall clock with microseconds, strictly increasing within the process. */
export class MicroClock {
  private lastUs = 0;
  private offsetUs = Number.NaN;

  constructor(
    private readonly wallMs: () => number = Date.now,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  /** Now in UTC as `YYYY-MM-DD hh:mm:ss.ffffff`. */
  now(): string {
    return format(this.next());
  }

  /** Now, or one microsecond past `previous` when the clock is behind it. */
  after(previous: string | null): string {
    const atUs = this.next();
    const previousUs = previous === null ? 0 : microseconds(previous);
    return format(Math.max(atUs, previousUs + 1));
  }

  private next(): number {
    const wallUs = this.wallMs() * 1000;
    const tickUs = Math.floor(this.monotonicMs() * 1000);
    // The monotonic clock gives the digits below the millisecond; the wall clock wins when they drift apart.
    if (!(Math.abs(tickUs + this.offsetUs - wallUs) <= RESYNC_US)) this.offsetUs = wallUs - tickUs;
    this.lastUs = Math.max(this.lastUs + 1, tickUs + this.offsetUs);
    return this.lastUs;
  }
}

function isNever(db: string): boolean {
  return db >= NEVER || db.startsWith('0000-00-00');
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Microseconds since 1970; "never" counts as 0. */
function microseconds(db: string): number {
  if (isNever(db)) return 0;
  const [seconds = '', fraction = ''] = db.split('.');
  if (databaseTime(seconds, fraction) === undefined) throw new TimeSyntaxError('not a database time');
  return Date.parse(`${seconds.replace(' ', 'T')}Z`) * 1000 + Number(fraction.padEnd(6, '0'));
}

function format(atUs: number): string {
  const atMs = Math.floor(atUs / 1000);
  const text = new Date(atMs).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 23)}${String(atUs - atMs * 1000).padStart(3, '0')}`;
}

@Global()
@Module({ providers: [{ provide: MicroClock, useFactory: () => new MicroClock() }], exports: [MicroClock] })
export class ClockModule {}
