import stringWidth from 'string-width';
import { renderTable, type Column } from './table';

interface Row {
  readonly id: string;
  readonly name: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'NAME', text: ({ name }) => name },
  { title: 'ID', text: ({ id }) => id, isWhole: true },
];
const linesOf = (rows: readonly Row[], width: number): string[] => renderTable(COLUMNS, rows, width).split('\n');

it('is aligned on the screen for characters of any width', () => {
  const names = ['Desk', '東京支社', 'Ünï', 'Ünï', '👩‍💻 x', ''];
  const lines = linesOf(
    names.map((name) => ({ name, id: 'ID' })),
    80,
  );
  const starts = lines.map((line) => stringWidth(line.slice(0, line.lastIndexOf('ID'))));
  expect(new Set(starts).size).toBe(1);
});

it.each([20, 24, 40])('is cut to %d columns, with an ellipsis and whole ids', (width) => {
  const rows = [
    { name: 'a name that is too long for the screen', id: '0123456789' },
    { name: '長い名前は画面に入りきらない長い名前', id: '0123456789' },
    { name: 'short', id: '0123456789' },
  ];
  const [, ...lines] = linesOf(rows, width);
  for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
  expect(lines.map((line) => line.includes('…'))).toEqual([true, true, false]);
  expect(lines.every((line) => line.endsWith('  0123456789'))).toBe(true);
});

it('replaces line ends and control characters', () => {
  expect(linesOf([{ name: 'a\r\nb\u001b[31m', id: '1' }], 80)).toEqual(['NAME      ID', 'a b\ufffd[31m  1']);
});
