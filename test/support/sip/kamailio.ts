import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../conditions';
import type { TestDatabase } from '../database';
import { backingServers } from '../environment';
import { documentedView, replaced, writeDocumentedFiles } from './documented-files';
import { Phone } from './phone';
import { library, runProgram, SipServer } from './programs';
import { freeUdpPort } from './udp-port';

const START_MS = 15_000;

export interface KamailioOptions {
  /** Changes kamailio.cfg of docs/sip.md further. */
  readonly change?: (text: string) => string;
}

/** A real Kamailio with the configuration of docs/sip.md, which reads a test database with a login of its own. */
export class Kamailio {
  private constructor(
    private readonly server: SipServer,
    readonly port: number,
    private readonly login: { readonly name: string; readonly database: TestDatabase },
  ) {}

  static async start(bin: TestDatabase, { change = (text) => text }: KamailioOptions = {}): Promise<Kamailio> {
    const server = new SipServer('kamailio');
    const port = await freeUdpPort();
    const name = `kamailio_${randomUUID().slice(0, 8)}`;
    const password = randomUUID();
    const kamailio = new Kamailio(server, port, { name, database: bin });
    try {
      await grant(bin, name, password);
      const { host } = backingServers().sql;
      const address = `${name}:${password}@${host}:${bin.port}/${bin.name}`;
      writeDocumentedFiles(server.folder, {
        'kamailio.cfg': (text) => {
          const own = text.replaceAll('kamailio:secret@127.0.0.1:3306/bin_manager', address);
          return change(replaced(own, '127.0.0.1:5080', `127.0.0.1:${port}`));
        },
      });
      await kamailio.boot();
      return kamailio;
    } catch (error) {
      await kamailio.close();
      throw error;
    }
  }

  private async boot(): Promise<void> {
    const { folder } = this.server;
    const file = join(folder, 'kamailio.cfg');
    const modules = ['-L', library('kamailio/modules')];
    const syntax = await runProgram('kamailio', [...modules, '-c', '-f', file]);
    if (syntax.status !== 0) throw new Error(`kamailio -c:\n${syntax.output}`);
    const run = join(folder, 'run');
    mkdirSync(run);
    const memory = ['-m', '32', '-M', '4'];
    this.server.start([...modules, '-f', file, '-DD', '-E', '-P', join(run, 'pid'), '-Y', run, '-w', run, ...memory]);
    const answers = async (): Promise<boolean> => {
      if (!this.server.isRunning) throw new Error(`Kamailio ended:\n${this.server.log}`);
      const phone = await Phone.connect(this.port);
      try {
        const target = 'sip:ping@localhost';
        return (await phone.ask({ method: 'OPTIONS', uri: target, from: target, to: target })).status > 0;
      } finally {
        await phone.close();
      }
    };
    await eventually('Kamailio answering', answers, { timeoutMs: START_MS, intervalMs: 100 });
  }

  get log(): string {
    return this.server.log;
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.login.database.run(`DROP USER IF EXISTS ${this.login.name}@'%'`);
  }
}

/** The view and exactly the grants of docs/sip.md. */
async function grant(bin: TestDatabase, name: string, password: string): Promise<void> {
  await bin.run(documentedView().replace('CREATE VIEW', 'CREATE OR REPLACE VIEW'));
  await bin.run(`CREATE USER ${name}@'%' IDENTIFIED BY '${password}'`);
  for (const table of ['registrar_sip_auths', 'registrar_digest'])
    await bin.run(`GRANT SELECT ON ${bin.name}.${table} TO ${name}@'%'`);
}
