import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The package's version; the built files lie two folders below package.json. */
export function version(): string {
  const text = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
