import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { read } from '../documented-commands';

type Change = (text: string) => string;

/** The SQL of docs/sip.md that creates the view for Kamailio. */
export function documentedView(): string {
  const view = /```sql\n(CREATE VIEW[\s\S]*?;)\n```/.exec(read('docs/sip.md'))?.[1];
  if (view === undefined) throw new Error('docs/sip.md has no CREATE VIEW');
  return view;
}

/** The files of docs/sip.md by name: what an operator copies is what the tests run. */
export function documentedFiles(): Map<string, string> {
  const blocks = read('docs/sip.md').matchAll(/<!-- file (\S+) -->\n+```\w*\n([\s\S]*?)```/g);
  return new Map([...blocks].map(([, name = '', text = '']) => [name, text]));
}

/** Writes the files with these names, each changed for this run. A change that changes nothing is an error. */
export function writeDocumentedFiles(folder: string, changes: Readonly<Record<string, Change | undefined>>): void {
  const files = documentedFiles();
  mkdirSync(folder, { recursive: true });
  for (const [name, change] of Object.entries(changes)) {
    const text = files.get(name);
    if (text === undefined) throw new Error(`docs/sip.md has no file ${name}`);
    const changed = change?.(text) ?? text;
    if (change !== undefined && changed === text) throw new Error(`${name} in docs/sip.md is not as expected`);
    writeFileSync(join(folder, name), changed);
  }
}

/** Replaces exactly one place. */
export function replaced(text: string, place: string, value: string): string {
  if (text.split(place).length !== 2) throw new Error(`"${place}" is not there one time`);
  return text.replace(place, () => value);
}
