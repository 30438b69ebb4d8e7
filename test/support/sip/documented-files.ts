import { read } from '../documented-commands';

type Change = (text: string) => string;

/** The SQL of docs/sip.md that creates the view for Kamailio. */
export function documentedView(): string {
  const view = /```sql\n(CREATE VIEW[\s\S]*?;)\n```/.exec(read('docs/sip.md'))?.[1];
  if (view === undefined) throw new Error('docs/sip.md has no CREATE VIEW');
  return view;
}

/** What an operator copies is what the tests run. */
export const { documentedFiles, writeDocumentedFiles, replaced } = jest.requireActual<{
  /** By name. */
  documentedFiles(): Map<string, string>;
  /** Writes the files with these names, each changed for this run. A change that changes nothing is an error. */
  writeDocumentedFiles(folder: string, changes: Readonly<Record<string, Change | undefined>>): void;
  /** Replaces exactly one place. */
  replaced(text: string, place: string, value: string): string;
}>('../../../scripts/sip/documented-files.cjs');
