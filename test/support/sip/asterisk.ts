import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../conditions';
import type { TestDatabase } from '../database';
import { backingServers } from '../environment';
import { replaced, writeDocumentedFiles } from './documented-files';
import { library, runProgram, shared, SipServer } from './programs';
import { freeUdpPort } from './udp-port';

const FOLDERS = ['run', 'db', 'log', 'spool', 'keys'];
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
      await grant(database, name, password);
      writeFiles(server.folder, { database, name, password, port }, options);
      await asterisk.boot();
      return asterisk;
    } catch (error) {
      await asterisk.close();
      throw error;
    }
  }

  /** Starts the process; again after {@link end}. */
  async boot(): Promise<void> {
    const { folder } = this.server;
    this.server.start(['-C', join(folder, 'asterisk.conf'), '-f', '-n'], {
      ODBCINI: join(folder, 'odbc.ini'),
      ODBCSYSINI: folder,
    });
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

/** Exactly the grants of docs/sip.md. */
async function grant(database: TestDatabase, name: string, password: string): Promise<void> {
  await database.run(`CREATE USER ${name}@'%' IDENTIFIED BY '${password}'`);
  for (const table of ['ps_endpoints', 'ps_auths', 'ps_aors'])
    await database.run(`GRANT SELECT ON ${database.name}.${table} TO ${name}@'%'`);
  await database.run(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${database.name}.ps_contacts TO ${name}@'%'`);
}

interface Access {
  readonly database: TestDatabase;
  readonly name: string;
  readonly password: string;
  readonly port: number;
}

function writeFiles(folder: string, { database, name, password, port }: Access, options: AsteriskOptions): void {
  const { host } = backingServers().sql;
  writeDocumentedFiles(folder, {
    'odbcinst.ini': (text) => replaced(text, 'libmaodbc.so', library('odbc/libmaodbc.so')),
    'odbc.ini': (text) =>
      [
        ['Server = 127.0.0.1', `Server = ${host}`],
        ['Port = 3306', `Port = ${database.port}`],
        ['Database = asterisk', `Database = ${database.name}`],
        ['User = asterisk', `User = ${name}`],
        ['Password = secret', `Password = ${password}`],
      ].reduce((changed, [place = '', value = '']) => replaced(changed, place, value), text),
    'res_odbc.conf': undefined,
    'extconfig.conf': undefined,
    'sorcery.conf': options.sorcery,
    'pjsip.conf': (text) => replaced(text, '127.0.0.1:5070', `127.0.0.1:${port}`),
    'modules.conf': options.modules && ((text) => [text.trimEnd(), ...(options.modules ?? []), ''].join('\n')),
  });
  for (const [file, text] of Object.entries(options.files ?? {})) writeFileSync(join(folder, file), text);
  for (const entry of FOLDERS) mkdirSync(join(folder, entry));
  const directories = [
    `astetcdir => ${folder}`,
    `astmoddir => ${library('asterisk/modules')}`,
    `astdatadir => ${shared('asterisk')}`,
    `astvarlibdir => ${shared('asterisk')}`,
    ...FOLDERS.map((entry) => `ast${entry}dir => ${join(folder, entry)}`),
  ];
  writeFileSync(join(folder, 'asterisk.conf'), ['[directories]', ...directories, ''].join('\n'));
}
