import { eachRow } from '../../../test/support/each-row';
import { decodeText } from './text-file';

const TEXT = 'id,name\r\n1,Grüße 😀\r\n';
const utf16le = Buffer.from(TEXT, 'utf16le');
const utf16be = Buffer.from(utf16le).swap16();

eachRow([
  ['UTF-8', Buffer.from(TEXT)],
  ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${TEXT}`)],
  ['UTF-16LE', utf16le],
  ['UTF-16LE with a byte order mark', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16le])],
  ['UTF-16BE', utf16be],
  ['UTF-16BE with a byte order mark', Buffer.concat([Buffer.from([0xfe, 0xff]), utf16be])],
])('reads every encoding', (_, bytes) => {
  expect(decodeText(bytes)).toBe(TEXT);
});

it.each(['', 'a', '\n'])('reads %j', (text) => {
  expect(decodeText(Buffer.from(text))).toBe(text);
});

eachRow([
  [
    'Windows-1252',
    Buffer.from('id,name\r\n1,x\r\n2,Gr\xfc\xdfe\r\n', 'latin1'),
    /not UTF-8 text \(line 3\): save it as "CSV UTF-8"/,
  ],
  ['Shift-JIS', Buffer.from([0x69, 0x64, 0x0d, 0x93, 0xfa, 0x96, 0x7b]), /not UTF-8 text \(line 2\)/],
  ['half a character at the end', Buffer.from([0x69, 0xc3]), /not UTF-8 text \(line 1\)/],
  ['a lone surrogate', Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x41, 0x00]), /not UTF-16 text: save it/],
  [
    'Excel (xlsx) and OpenDocument',
    Buffer.from('504b030414000600', 'hex'),
    /a spreadsheet and no text: save it as "CSV UTF-8"/,
  ],
  ['Excel (xls)', Buffer.from('d0cf11e0a1b11ae100', 'hex'), /a spreadsheet and no text/],
])('refuses what is no text, in one line', (_, bytes, reason) => {
  expect(() => decodeText(bytes)).toThrow(reason);
  expect(() => decodeText(bytes)).not.toThrow('\n');
});
