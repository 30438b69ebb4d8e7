import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { eachRow } from '../../../test/support/each-row';
import { MaxCharacters, NoControlCharacters, NotEmptyText, NotZeroUuid, SipName, characterCount } from './text.rules';

class Short {
  @MaxCharacters(3)
  text: unknown;
}
class Clean {
  @NoControlCharacters()
  text: unknown;
}
class Filled {
  @NotEmptyText()
  text: unknown;
}
class Name {
  @SipName()
  text: unknown;
}
class Owner {
  @NotZeroUuid()
  text: unknown;
}

function passes(type: new () => { text: unknown }, text: unknown): boolean {
  return validateSync(Object.assign(new type(), { text })).length === 0;
}

describe('the rules of texts', () => {
  eachRow([
    ['', 0],
    ['abc', 3],
    ['äöü', 3],
    ['😀', 1],
    ['👩‍👩‍👧', 5],
  ])('count characters as the database does', (text, count) => {
    expect(characterCount(text)).toBe(count);
  });

  it('bounds a length in characters, not in units of UTF-16', () => {
    expect(passes(Short, '😀😀😀')).toBe(true);
    expect(passes(Short, '😀😀😀a')).toBe(false);
  });

  eachRow(['\u0000', 'a\nb', '\t', '\u007f', '\u0085', '\u009f', '\u2028', '\u2029'])(
    'take these for controls',
    (text) => {
      expect(passes(Clean, text)).toBe(false);
    },
  );

  eachRow(['', ' ', 'ä', '\u00a0', '日本', '😀', '"\'\\;^'])('take these for printable', (text) => {
    expect(passes(Clean, text)).toBe(true);
  });

  it.each(['2001', 'a.b_c+d*e~f!g-h', ''])('takes %j for a SIP name', (text) => {
    expect(passes(Name, text)).toBe(true);
  });

  it('takes no name that splits a header, an AOR list or a URI', () => {
    const hostile = fc.constantFrom(...Array.from('@:"\\<>,;/?#%&= \t\n\r()[]{}^|`\'üé日\u0000\u200b\uff11'));
    fc.assert(
      fc.property(fc.string(), hostile, fc.string(), (before, character, after) => {
        expect(passes(Name, before + character + after)).toBe(false);
      }),
    );
    expect(passes(Name, 'abc\n')).toBe(false);
  });

  eachRow([null, undefined, 1, [], {}])('take these for no text at all', (value) => {
    for (const type of [Short, Clean, Filled, Name, Owner]) expect(passes(type, value)).toBe(false);
  });

  it('wants an owner', () => {
    expect(passes(Owner, '00000000-0000-0000-0000-000000000000')).toBe(false);
    expect(passes(Owner, '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11')).toBe(true);
    expect(passes(Filled, '')).toBe(false);
    expect(passes(Filled, ' ')).toBe(true);
  });
});
