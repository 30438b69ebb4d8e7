// Counts in the sources: lines by folder, and arguments of constructors.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../setup.mjs';

const LONG_LIST = 6;

export const sources = () =>
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
    .map((path) => {
      const text = readFileSync(join(root, 'src', path), 'utf8');
      return { path, text, lines: text.split('\n').length - 1 };
    });

export const linesBelow = (files, ...folders) =>
  files
    .filter(({ path }) => folders.some((folder) => path.startsWith(folder)))
    .reduce((sum, { lines }) => sum + lines, 0);

/** Classes by their number of constructor arguments, most first. */
export function constructors(files) {
  const found = [];
  for (const { path, text } of files) {
    const visit = (node) => {
      if (ts.isConstructorDeclaration(node) && node.body)
        found.push({ name: node.parent.name?.text ?? path, count: node.parameters.length });
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  }
  return found.sort((a, b) => b.count - a.count || a.name.localeCompare(b.name));
}

export const longConstructors = (files) => constructors(files).filter(({ count }) => count > LONG_LIST);
