import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { eventually } from '../conditions';
import type { TestDatabase } from '../database';
import { backingServers } from '../environment';
import { runProgram, SipServer } from './programs';
import { freeUdpPort } from './udp-port';

interface Access {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly name: string;
  readonly password: string;
  readonly sipPort: number;
}

const { asteriskUser, writeAsteriskFiles, asteriskStart } = jest.requireActual<{
  asteriskUser(access: Access): string[];
  writeAsteriskFiles(
    folder: string,
    access: Access,
    options: {
      changes: Record<string, ((text: string) => string) | undefined>;
      files: Readonly<Record<string, string>>;
    },
  ): void;
  asteriskStart(folder: string): { args: string[]; env: Record<string, string> };
}>('../../../scripts/sip/asterisk-files.cjs');

const BOOT_MS = 30_000;

export interface AsteriskOptions {
  /** Replaces lines of sorcery.conf of docs/sip.md, such as for a memory cache. */
  readonly sorcery?: (text: string) => string;
  /** Further files by name, such as manager.conf. */
  readonly files?: Readonly<Record<string, string>>;
  /** Lines for modules.conf, such as `load=res_pjsip_outbound_publish.so`. */
  readonly modules?: readonly string[];
}

/** A real Asterisk with the files of docs/sip.md, which reads the tables of a test database with a login of its own. */
export class Asterisk {
  private constructor(
    private readonly server: SipServer,
    readonly port: number,
    private readonly login: { readonly name: string; readonly database: TestDatabase },
  ) {}

  static async start(database: TestDatabase, options: AsteriskOptions = {}): Promise<Asterisk> {
    const server = new SipServer('asterisk');
    const port = await freeUdpPort();
    const name = `asterisk_${randomUUID().slice(0, 8)}`;
    const password = randomUUID();
    const asterisk = new Asterisk(server, port, { name, database });
    try {
      const { host } = backingServers().sql;
      const access = { host, port: database.port, database: database.name, name, password, sipPort: port };
      for (const statement of asteriskUser(access)) await database.run(statement);
      writeAsteriskFiles(server.folder, access, { changes: changesOf(options), files: options.files ?? {} });
      await asterisk.boot();
      return asterisk;
    } catch (error) {
      await asterisk.close();
      throw error;
    }
  }

  /** Starts the process; again after {@link end}. */
  async boot(): Promise<void> {
    const { args, env } = asteriskStart(this.server.folder);
    this.server.start(args, env);
    const isBooted = async (): Promise<boolean> => {
      if (!this.server.isRunning) throw new Error(`Asterisk ended:\n${this.server.log}`);
      return (await this.cli('core waitfullybooted')).includes('fully booted');
    };
    await eventually('Asterisk booted', isBooted, { timeoutMs: BOOT_MS, intervalMs: 100 });
    const pool = await this.cli('odbc show all');
    if (!/Number of active connections: [1-9]/.test(pool)) throw new Error(`no ODBC connection:\n${pool}`);
  }

  /** The output of a command on Asterisk's console. */
  async cli(line: string): Promise<string> {
    const conf = join(this.server.folder, 'asterisk.conf');
    return (await runProgram('asterisk', ['-C', conf, '-rx', line])).output;
  }

  get log(): string {
    return this.server.log;
  }

  end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    return this.server.end(signal);
  }

  async close(): Promise<void> {
    await this.server.end('SIGKILL');
    await this.server.close();
    await this.login.database.run(`DROP USER IF EXISTS ${this.login.name}@'%'`);
  }
}

function changesOf({ sorcery, modules }: AsteriskOptions): Record<string, ((text: string) => string) | undefined> {
  return {
    'sorcery.conf': sorcery,
    'modules.conf': modules && ((text) => [text.trimEnd(), ...modules, ''].join('\n')),
  };
}
