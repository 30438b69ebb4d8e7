import fc from 'fast-check';
import { eachRow } from '../../../test/support/each-row';
import { MicroClock, TimeSyntaxError, toDatabaseTime, toWireTime } from './wire-time';

const DATABASE_TEXT = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/;

describe('toWireTime', () => {
  eachRow([
    ['2026-08-22 10:11:12.123456', '2026-08-22T10:11:12.123456Z'],
    ['2026-08-22 10:11:12.123400', '2026-08-22T10:11:12.1234Z'],
    ['2026-08-22 10:11:10.000000', '2026-08-22T10:11:10Z'],
    ['2026-08-22 10:11:10', '2026-08-22T10:11:10Z'],
    ['9998-12-31 23:59:59.999999', '9998-12-31T23:59:59.999999Z'],
    ['9999-01-01 00:00:00.000000', null],
    ['0000-00-00 00:00:00.000000', null],
    [null, null],
  ])('shows the time of the database as the wire does', (db, wire) => {
    expect(toWireTime(db)).toBe(wire);
  });

  eachRow(['', 'yesterday', '2026-08-22T10:11:12Z', '2026-08-22 10:11:12.1234567'])(
    'refuses what is no time of the database',
    (db) => {
      expect(() => toWireTime(db)).toThrow(TimeSyntaxError);
    },
  );
});

describe('toDatabaseTime', () => {
  eachRow([
    ['2026-08-22T10:11:12.5Z', '2026-08-22 10:11:12.500000'],
    ['2026-08-22T10:11:12.123456789Z', '2026-08-22 10:11:12.123456'],
    ['2026-08-22T10:11:12+00:00', '2026-08-22 10:11:12.000000'],
    ['9999-01-01T00:00:00Z', null],
    [null, null],
  ])('reads the time of the wire as the database does', (wire, db) => {
    expect(toDatabaseTime(wire)).toBe(db);
  });

  eachRow(['', '2026-08-22 10:11:12', '2026-02-30T00:00:00Z', '2026-08-22T10:11:12+09:00'])(
    'refuses what is no time of the wire',
    (wire) => {
      expect(() => toDatabaseTime(wire)).toThrow(TimeSyntaxError);
    },
  );

  it('undoes toWireTime for every microsecond', () => {
    const moment = fc.date({ min: new Date('1000-01-01'), max: new Date('9998-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(moment, fc.nat(999), (date, us) => {
        const db = date.toISOString().replace('T', ' ').replace('Z', String(us).padStart(3, '0'));
        expect(toDatabaseTime(toWireTime(db))).toBe(db);
      }),
    );
  });
});

describe('MicroClock', () => {
  const at = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '000');
  const START_MS = Date.parse('2026-08-22T10:11:12.345Z');

  it('stays within the wall clock and never repeats', () => {
    const clock = new MicroClock();
    const before = at(Date.now() - 5);
    const times = Array.from({ length: 20_000 }, () => clock.now());
    expect(new Set(times).size).toBe(times.length);
    expect([...times].sort()).toEqual(times);
    expect(times.every((time) => DATABASE_TEXT.test(time))).toBe(true);
    expect(before < (times[0] ?? '')).toBe(true);
    expect((times.at(-1) ?? '') < at(Date.now() + 50)).toBe(true);
  });

  it('takes the digits below the millisecond from the monotonic clock', () => {
    let tickMs = 7;
    const clock = new MicroClock(
      () => START_MS,
      () => tickMs,
    );
    expect(clock.now()).toBe('2026-08-22 10:11:12.345000');
    tickMs = 7.25;
    expect(clock.now()).toBe('2026-08-22 10:11:12.345250');
  });

  it('follows a step of the wall clock forward, and only creeps when it steps back', () => {
    let wallMs = START_MS;
    const clock = new MicroClock(
      () => wallMs,
      () => 7,
    );
    clock.now();
    wallMs += 60_000;
    expect(clock.now()).toBe('2026-08-22 10:12:12.345000');
    wallMs -= 120_000;
    expect(clock.now()).toBe('2026-08-22 10:12:12.345001');
  });

  eachRow([
    [null, '2026-08-22 10:11:12.345000'],
    ['2026-08-22 10:11:12.344999', '2026-08-22 10:11:12.345000'],
    ['2026-08-22 10:11:12.345000', '2026-08-22 10:11:12.345001'],
    ['2026-12-31 23:59:59.999999', '2027-01-01 00:00:00.000000'],
    ['2030-01-01 00:00:00', '2030-01-01 00:00:00.000001'],
    ['9999-01-01 00:00:00.000000', '2026-08-22 10:11:12.345000'],
    ['0000-00-00 00:00:00.000000', '2026-08-22 10:11:12.345000'],
  ])('comes after the time before it', (previous, next) => {
    const clock = new MicroClock(
      () => START_MS,
      () => 7,
    );
    expect(clock.after(previous)).toBe(next);
  });

  it('refuses a previous time it cannot read', () => {
    expect(() => new MicroClock().after('2026-02-30 00:00:00')).toThrow(TimeSyntaxError);
  });
});
