import { AsteriskNode } from '../../../src/asterisk/ami/asterisk-node';
import type { Log } from '../../../src/platform/observability/log/logger';
import { Metrics } from '../../../src/platform/observability/metrics/metrics';
import type { TestDatabase } from '../database';
import { freePort } from '../ports';
import { Asterisk } from './asterisk';
import { documentedFiles, replaced } from './documented-files';

export const AMI = { username: 'registrar', password: 'secret' } as const;

export interface CachingAsterisk {
  readonly asterisk: Asterisk;
  readonly amiPort: number;
}

function documented(name: string): string {
  const text = documentedFiles().get(name);
  if (text === undefined) throw new Error(`docs/sip.md has no file ${name}`);
  return text;
}

/** A real Asterisk with the memory cache and the manager of docs/sip.md. */
export async function startCachingAsterisk(
  database: TestDatabase,
  { cache = (text: string) => text, users = '' } = {},
): Promise<CachingAsterisk> {
  const amiPort = await freePort();
  const manager = replaced(documented('manager.conf'), 'port = 5038', `port = ${amiPort}`);
  const asterisk = await Asterisk.start(database, {
    sorcery: () => cache(documented('sorcery.cached.conf')),
    files: { 'manager.conf': `${manager}\n${users}` },
    modules: ['load=res_sorcery_memory_cache.so'],
  });
  return { asterisk, amiPort };
}

/** A client of the service's own for the manager on this port. */
export function nodeAt(port: number, credentials: { username: string; password: string } = AMI): AsteriskNode {
  const log = { info: () => undefined, warning: () => undefined } as unknown as Log;
  return new AsteriskNode({ host: '127.0.0.1', port }, credentials, new Metrics(), log);
}
