import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eachRow } from '../../../test/support/each-row';
import { decodeJson, JsonSyntaxError, toPlain, type JsonNode } from './go-json';
import { float32, serialize } from './go-serialize';
import { decodePathSegment, parseQuery, parseUri, UriSyntaxError } from './go-uri';
import { parseUuid } from './go-uuid';
import { parsePageSize } from './list-request';
import { decodeBody, WireJson, WireString, WireStringList, WireTypeError, WireUuid } from './wire-body';

type Rows<In, Out> = [In, Out | null][];

/** What Go itself answered; null where it refused. Byte strings are in hex. */
interface GoAnswers {
  body: Rows<string, { c: string; n: string; p: string; k: string; i: string[] | null; d: string | null }>;
  json: Rows<string, string>;
  uri: Rows<string, { path: string; q: Record<string, string>; raw: string }>;
  query: Rows<string, Record<string, string>>;
  pageSize: [string, string][];
  float32: [number, string][];
  string: [string, string][];
  uuid: Rows<string, string>;
  equalToAsciiLetter: Record<string, number[]>;
}

const go = JSON.parse(readFileSync(join(__dirname, 'go-answers.fixture.json'), 'utf8')) as GoAnswers;

class Body {
  @WireUuid() customerId!: string;
  @WireString() name!: string;
  @WireString() password!: string;
  @WireString('k_s') keys!: string;
  @WireStringList() allowedIps!: string[] | null;
  @WireJson() data!: JsonNode | undefined;
}

class Letters {
  @WireString('abcdefghijklmnopqrstuvwxyz') value!: string;
}

function orNull<T>(answer: () => T, ...refusals: (new (...args: never[]) => Error)[]): T | null {
  try {
    return answer();
  } catch (error) {
    if (refusals.some((refusal) => error instanceof refusal)) return null;
    throw error;
  }
}

describe('what Go answers', () => {
  eachRow(go.body)('a struct body', (text, answer) => {
    const body = orNull(() => decodeBody(Body, decodeJson(text)), WireTypeError, JsonSyntaxError);
    const fields = body && {
      c: body.customerId,
      n: body.name,
      p: body.password,
      k: body.keys,
      i: body.allowedIps,
      d: body.data ?? null,
    };
    expect(fields).toEqual(answer && { ...answer, d: answer.d === null ? null : decodeJson(answer.d) });
  });

  eachRow(go.json)('JSON bytes', (hex, answer) => {
    const value = orNull(() => ({ value: toPlain(decodeJson(Buffer.from(hex, 'hex'))) }), JsonSyntaxError);
    expect(value && JSON.stringify(value)).toEqual(answer && JSON.stringify({ value: JSON.parse(answer) as unknown }));
  });

  eachRow(go.uri)('a URI', (raw, answer) => {
    const uri = orNull(() => parseUri(raw), UriSyntaxError);
    const parts = uri && {
      path: decodePathSegment(uri.path),
      q: Object.fromEntries(parseQuery(uri.query)),
      raw: uri.query ?? '',
    };
    expect(parts).toEqual(answer && { path: answer.path, q: answer.q, raw: answer.raw });
  });

  eachRow(go.query)('a query', (query, answer) => {
    expect(Object.fromEntries(parseQuery(query))).toEqual(answer);
  });

  eachRow(go.pageSize)('a page size', (text, integer) => {
    const value = Number(integer);
    expect(parsePageSize(text)).toBe(value < 0 ? 'invalid' : Math.min(value, 1000));
  });

  eachRow(go.float32)('a 32-bit float', (bits, decimal) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(bits);
    expect(serialize(float32(bytes.readFloatBE()))).toBe(decimal);
  });

  eachRow(go.string)('a string', (hex, json) => {
    expect(serialize(Buffer.from(hex, 'hex').toString())).toBe(json);
  });

  eachRow(go.uuid)('a uuid', (text, answer) => {
    expect(parseUuid(text) ?? null).toBe(answer);
  });

  it('no character but these equals an ASCII letter in a field name', () => {
    const letters = Array.from({ length: 26 }, (_, index) => String.fromCharCode(0x61 + index));
    const isEqual = (letter: string, other: string): boolean => {
      const key = letters.map((each) => (each === letter ? other : each)).join('');
      return decodeBody(Letters, { kind: 'object', members: [[key, { kind: 'string', value: 'x' }]] }).value === 'x';
    };
    for (const letter of letters) {
      const candidates = [0x130, 0x131, 0xdf, 0x1e9e, 0xfb05, 0xff21, 0x17f, 0x212a, 0x212b, 0x2126, 0x3a3, 0x3c2];
      const equal = candidates.filter((code) => isEqual(letter, String.fromCodePoint(code)));
      expect(equal).toEqual(go.equalToAsciiLetter[letter] ?? []);
      expect(isEqual(letter, letter.toUpperCase())).toBe(true);
    }
  });
});
