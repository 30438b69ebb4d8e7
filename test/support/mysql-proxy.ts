import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { errorPacket, HEADER_BYTES, MysqlPackets, plainGreeting, resultOf, statementOf } from './mysql-packets';

export interface RefusedWith {
  readonly errno: number;
  readonly sqlState: string;
  readonly message: string;
}

/** `undefined`: the statement is neither answered nor passed on. */
type Reply = (sequence: number) => Buffer | undefined;

interface Rule {
  readonly pattern: RegExp;
  readonly reply: Reply;
  timesLeft: number;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/**
 * A proxy before a real MySQL or MariaDB that reads its protocol. It answers statements that match a pattern itself, so
 * that tests get answers which the server here cannot be made to give.
 */
export class MysqlProxy {
  /** Every statement received, answered by the proxy or not. */
  readonly statements: string[] = [];
  private readonly pairs = new Set<Pair>();
  private readonly swallowed = new WeakSet<Pair>();
  private rules: Rule[] = [];

  private constructor(
    private readonly listener: Server,
    readonly port: number,
  ) {}

  static async before(host: string, port: number): Promise<MysqlProxy> {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const proxy = new MysqlProxy(listener, (listener.address() as AddressInfo).port);
    listener.on('connection', (client) => proxy.join({ client, server: connect(port, host) }));
    return proxy;
  }

  /** Answers matching statements with an error packet, each time or `times` times. */
  refuse(pattern: RegExp, error: RefusedWith, times = Infinity): void {
    this.rules.push({ pattern, timesLeft: times, reply: (sequence) => errorPacket(sequence, error) });
  }

  /** Answers matching statements with one row of one column; null is SQL's NULL. */
  answer(pattern: RegExp, column: string, value: string | null, times = Infinity): void {
    this.rules.push({ pattern, timesLeft: times, reply: (sequence) => resultOf(sequence, column, value) });
  }

  /** Never answers matching statements, as a server that hangs. */
  ignore(pattern: RegExp): void {
    this.rules.push({ pattern, timesLeft: Infinity, reply: () => undefined });
  }

  /** Drops all further bytes of the open connections without closing them; new connections work. */
  blackhole(): void {
    for (const pair of this.pairs) this.swallowed.add(pair);
  }

  /** Removes all rules. Connections that `blackhole` silenced stay silent. */
  restore(): void {
    this.rules = [];
  }

  async close(): Promise<void> {
    for (const { client, server } of this.pairs) {
      client.destroy();
      server.destroy();
    }
    await new Promise((resolve) => this.listener.close(resolve));
  }

  private join(pair: Pair): void {
    const { client, server } = pair;
    const packets = new MysqlPackets();
    this.pairs.add(pair);
    client.setNoDelay(true);
    server.setNoDelay(true);
    let isGreeted = false;
    server.on('data', (chunk) => {
      if (!this.swallowed.has(pair)) client.write(isGreeted ? chunk : plainGreeting(chunk));
      isGreeted = true;
    });
    client.on('data', (chunk) => {
      if (this.swallowed.has(pair)) return;
      for (const packet of packets.push(chunk)) this.forward(pair, packet);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => {
        // The other side of a silenced connection must not see its end.
        if (this.swallowed.has(pair)) return;
        this.pairs.delete(pair);
        other.destroy();
      });
    }
  }

  private forward({ client, server }: Pair, packet: Buffer): void {
    const statement = statementOf(packet);
    const rule = statement === undefined ? undefined : this.ruleFor(statement);
    if (statement !== undefined) this.statements.push(...statementsOf(statement));
    const reply = rule?.reply((packet[HEADER_BYTES - 1] ?? 0) + 1);
    if (rule === undefined) server.write(packet);
    else if (reply !== undefined) client.write(reply);
  }

  private ruleFor(statement: string): Rule | undefined {
    const rule = this.rules.find(
      ({ pattern, timesLeft }) => timesLeft > 0 && statementsOf(statement).some((one) => pattern.test(one)),
    );
    if (rule !== undefined) rule.timesLeft -= 1;
    return rule;
  }
}

/** The service sends several statements in one packet, each on lines of its own. */
function statementsOf(packet: string): string[] {
  return packet.split(';\n');
}
