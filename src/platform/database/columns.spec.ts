import fc from 'fast-check';
import type { ColumnOptions, ValueTransformer } from 'typeorm';
import { eachRow } from '../../../test/support/each-row';
import { isAlive } from './alive';
import { textColumn, textListColumn, uuidColumn } from './columns';

const transformer = ({ transformer: one }: ColumnOptions): ValueTransformer => one as ValueTransformer;
const uuid = transformer(uuidColumn);
const text = transformer(textColumn);
const list = transformer(textListColumn);

describe('the columns', () => {
  it('keep a uuid in the order of its text', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const stored = uuid.to(id) as Buffer;
        expect(stored.toString('hex')).toBe(id.replaceAll('-', ''));
        expect(uuid.from(stored)).toBe(id);
      }),
    );
  });

  it.each([null, undefined, 'x'])('read %p as the zero uuid', (value) => {
    expect(uuid.from(value)).toBe('00000000-0000-0000-0000-000000000000');
  });

  it('read a missing text as empty, and a text as it is', () => {
    expect(text.from(null)).toBe('');
    expect(text.from('2026-08-22 10:11:12.123456')).toBe('2026-08-22 10:11:12.123456');
  });

  it('keep a list of texts as JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
        expect(list.from(list.to(texts))).toEqual(texts);
      }),
    );
    expect(list.to([])).toBe('[]');
  });

  eachRow([
    [null, []],
    ['null', []],
    ['"x"', []],
    ['{}', []],
    ['not json', []],
    ['', []],
    ['["basic", "ip"]', ['basic', 'ip']],
    ['["basic",null,1,"ip"]', ['basic', 'ip']],
  ])('read a uuid as the column stored it', (stored, texts) => {
    expect(list.from(stored)).toEqual(texts);
  });
});

describe('a row', () => {
  it.each([null, '9999-01-01 00:00:00.000000', '9999-12-31 23:59:59.999999'])('deleted at %s lives', (tmDelete) => {
    expect(isAlive({ tmDelete })).toBe(true);
  });

  it.each(['2026-08-22 10:11:12.123456', '9998-12-31 23:59:59.999999', '0001-01-01 00:00:00'])(
    'deleted at %s does not live',
    (tmDelete) => {
      expect(isAlive({ tmDelete })).toBe(false);
    },
  );
});
