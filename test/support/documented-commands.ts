import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');

const filesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((entry) => entry.endsWith('.md'))
    .map((entry) => join(folder, entry));

/** Every document of the project except docs/cli.md, which is generated from the commands. */
export const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...filesBelow('docs')].filter(
  (path) => path !== 'docs/cli.md',
);

export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

export interface DocumentedCommand {
  readonly path: string;
  readonly command: string;
  /** In a code block; otherwise quoted in a sentence. */
  readonly isBlock: boolean;
}

const withoutComment = (line: string): string => line.replace(/(^|\s+)#.*$/, '').trim();

/** Every command in a document: the lines of its `sh` blocks, and commands quoted in sentences. */
export function commandsOf(path: string): DocumentedCommand[] {
  const text = read(path);
  const blocks = [...text.matchAll(/^```(?:sh|bash)\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
  const lines = blocks.flatMap((block) => block.split('\n').map(withoutComment)).filter(Boolean);
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  const quoted = [...prose.matchAll(/`((?:registrar-control|npm|node|npx) [^`]+)`/g)].map(
    ([, command = '']) => command,
  );
  return [
    ...lines.map((command) => ({ path, command, isBlock: true })),
    ...quoted.map((command) => ({ path, command, isBlock: false })),
  ];
}

export const documentedCommands = (): DocumentedCommand[] => DOCUMENTS.flatMap(commandsOf);
