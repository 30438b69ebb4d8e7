import fc from 'fast-check';
import { eachRow } from '../../../test/support/each-row';
import { parsePageSize, parsePageToken } from './list-request';

describe('parsePageSize', () => {
  it.each([
    ...[undefined, '', 'abc', ' 5', '5 ', '5.0', '0x10', '1_000', '0', '-0', '+', '-', '-x', '1e3'].map(
      (text) => [text, 0] as const,
    ),
    ...['10', '+10', '010'].map((text) => [text, 10] as const),
    ...['1000', '1001', '9223372036854775808', '9'.repeat(100_000)].map((text) => [text, 1000] as const),
    ...['-1', '-9223372036854775809'].map((text) => [text, 'invalid'] as const),
  ])('%.30j is %s', (text, size) => {
    expect(parsePageSize(text)).toBe(size);
  });
});

describe('parsePageToken', () => {
  eachRow([
    [undefined, undefined],
    ['', undefined],
    ['2026-08-22T10:11:12.5Z', '2026-08-22 10:11:12.500000'],
    ['2026-08-22T10:11:12Z', '2026-08-22 10:11:12.000000'],
    ['2026-08-22T10:11:12.123456', '2026-08-22 10:11:12.123456'],
    ['2026-08-22 10:11:12.123456', '2026-08-22 10:11:12.123456'],
    ['2026-08-22 10:11:12', '2026-08-22 10:11:12.000000'],
    ['2026-08-22T10:11:12.123456999Z', '2026-08-22 10:11:12.123456'],
    ['2024-02-29T00:00:00Z', '2024-02-29 00:00:00.000000'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31 23:59:59.999999'],
    ['0001-01-01T00:00:00Z', '0001-01-01 00:00:00.000000'],
    ...['2026-02-30T00:00:00Z', '2023-02-29T00:00:00Z', '1900-02-29T00:00:00Z', '2026-13-01T00:00:00Z'].map(invalid),
    ...['2026-00-01T00:00:00Z', '2026-01-00T00:00:00Z', '2026-04-31T00:00:00Z', '0000-00-00 00:00:00'].map(invalid),
    ...['2026-01-01T24:00:00Z', '2026-01-01T00:60:00Z', '2026-01-01T00:00:60Z', '2026-01-01', 'abc'].map(invalid),
    ...['2026-01-01T00:00:00.Z', '2026-01-01T00:00:00+00:00', '2026-01-01 00:00:00Z', ' 2026-01-01T00:00:00Z'].map(
      invalid,
    ),
    ...["2026-01-01T00:00:00Z' OR 1=1", '2026-01-01T00:00:00Z\n'].map(invalid),
  ])('reads each text', (text, token) => {
    expect(parsePageToken(text)).toBe(token);
  });

  it('takes every moment a row can hold and gives back the same text', () => {
    const moment = fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(moment, fc.nat(999), (date, us) => {
        const text = date.toISOString().replace('Z', String(us).padStart(3, '0'));
        expect(parsePageToken(`${text}Z`)).toBe(text.replace('T', ' '));
      }),
    );
  });

  it('gives a time, nothing or a refusal for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parsePageToken(text) ?? '').toMatch(/^(invalid|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}|)$/);
      }),
    );
  });
});

function invalid(text: string): [string, 'invalid'] {
  return [text, 'invalid'];
}
