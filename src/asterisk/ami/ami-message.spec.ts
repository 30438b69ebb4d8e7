import fc from 'fast-check';
import { AmiReader, fieldOf, formatAction, isAmiText, type AmiMessage } from './ami-message';

const CHUNK_MAX = 50;
const line = fc.string({ unit: 'grapheme', maxLength: 30 }).filter(isAmiText);
const name = fc.stringMatching(/^[A-Za-z0-9]{1,12}$/);
const message = fc.array(fc.tuple(name, line), { minLength: 1, maxLength: 8 });

function readInPieces(bytes: Buffer, sizes: readonly number[]): AmiMessage[] {
  const reader = new AmiReader();
  const messages: AmiMessage[] = [];
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length] ?? 1;
    messages.push(...reader.read(bytes.subarray(at, at + size)));
    at += size;
  }
  return messages;
}

describe('AMI messages', () => {
  it('are read as they were written, however the bytes are cut', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: CHUNK_MAX }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), sizes, (messages, pieces) => {
        const bytes = Buffer.from(`Asterisk Call Manager/11.0.0\r\n${messages.map(formatAction).join('\r\n')}`);
        expect(readInPieces(bytes, pieces)).toEqual(messages);
      }),
    );
  });

  it('carry no value that begins a line of its own', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('\r', '\n', '\r\n', '\0'), fc.string(), (before, control, after) => {
        expect(() => formatAction([['Object', before + control + after]])).toThrow('control character');
      }),
    );
  });

  it.each([
    ['a line without end', () => [Buffer.alloc(20_000, 0x61)]],
    ['a long line', () => [Buffer.from(`${'a'.repeat(17_000)}\n`)]],
    ['a message without end', () => Array.from({ length: 2_000 }, () => Buffer.from('Field: value\r\n'))],
    ['a large message', () => Array.from({ length: 100 }, () => Buffer.from(`Field: ${'a'.repeat(4_000)}\r\n`))],
  ])('are refused with %s', (_, chunks) => {
    const reader = new AmiReader();
    expect(() => {
      for (const chunk of [Buffer.from('Asterisk Call Manager/11.0.0\r\n'), ...chunks()]) reader.read(chunk);
    }).toThrow('its answer cannot be read');
  });

  it('never make the reader throw anything but its own failure', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        new AmiReader().read(Buffer.from(bytes));
      }),
    );
  });

  it('have fields in any case, of which the first counts', () => {
    const fields = [
      ['actionid', '1'],
      ['ActionID', '2'],
    ] as const;
    expect(fieldOf(fields, 'ActionID')).toBe('1');
    expect(fieldOf(fields, 'Message')).toBe('');
  });
});
