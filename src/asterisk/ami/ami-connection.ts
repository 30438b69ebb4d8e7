import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { codeOf, connectionFailure } from '../../platform/errors/connection-failure';
import { coalesceWrites } from '../../platform/coalesced-writes';
import type { HostPort } from '../../platform/config/rules';
import { AmiFailure, type AmiFailureCode } from './ami-failure';
import { AmiReader, fieldOf, formatAction, type AmiMessage } from './ami-message';

export interface AmiCredentials {
  readonly username: string;
  readonly password: string;
}

const OPENING_MS = 2_000;
/** The peer counts as silent when no action under way is answered for this time. */
const SILENCE_MS = 2_000;
/** What a peer may send without an end of an answer. */
const NOISE_BYTES_MAX = 1_048_576;
const UNDER_WAY_MAX = 3_000;
const LIST_EVENTS_MAX = 2_000;
const BANNER = /^Asterisk Call Manager\//;

interface Pending {
  readonly resolve: (messages: AmiMessage[]) => void;
  readonly reject: (failure: AmiFailure) => void;
  readonly isList: boolean;
  /** The response, and the events of a list. */
  readonly messages: AmiMessage[];
}

/** One login to the manager of an Asterisk. After any failure it is closed, and every action under way fails. */
export class AmiConnection {
  readonly closed: Promise<AmiFailure>;
  private readonly socket: Socket;
  private readonly reader = new AmiReader();
  private readonly pending = new Map<string, Pending>();
  private failure: AmiFailure | undefined;
  private count = 0;
  private noise = 0;
  private silence: NodeJS.Timeout | undefined;
  private whenClosed!: (failure: AmiFailure) => void;
  private whenGreeted: (() => void) | undefined;

  private constructor({ host, port }: Required<HostPort>) {
    this.closed = new Promise((resolve) => (this.whenClosed = resolve));
    this.socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 });
    coalesceWrites(this.socket);
    this.socket.on('data', (chunk) => this.take(chunk));
    this.socket.on('error', (error) => this.close(failureOf(error)));
    this.socket.on('close', () => this.close(new AmiFailure('CLOSED')));
  }

  /** Throws `AmiFailure`. The password itself is not sent: Asterisk gives a challenge. The signal ends the connection. */
  static async open(
    address: Required<HostPort>,
    credentials: AmiCredentials,
    signal?: AbortSignal,
  ): Promise<AmiConnection> {
    const connection = new AmiConnection(address);
    const stop = (): void => connection.close();
    signal?.addEventListener('abort', stop);
    void connection.closed.then(() => signal?.removeEventListener('abort', stop));
    if (signal?.aborted === true) stop();
    const limit = setTimeout(() => connection.close(connection.tooSlow()), OPENING_MS);
    try {
      await connection.greeted();
      await connection.logIn(credentials);
      return connection;
    } catch (error) {
      connection.close(error instanceof AmiFailure ? error : new AmiFailure('UNREADABLE'));
      throw await connection.closed;
    } finally {
      clearTimeout(limit);
    }
  }

  /** True when so many actions are under way that more should wait. */
  get isFull(): boolean {
    return this.pending.size >= UNDER_WAY_MAX;
  }

  /** Resolves to the response, also when it is an error. */
  async send(action: string, fields: AmiMessage = []): Promise<AmiMessage> {
    return (await this.ask(action, fields, false))[0] ?? [];
  }

  /** Resolves to the response and the events of the list that it begins. */
  list(action: string, fields: AmiMessage): Promise<readonly AmiMessage[]> {
    return this.ask(action, fields, true);
  }

  close(failure = new AmiFailure('CLOSED')): void {
    if (this.failure !== undefined) return;
    this.failure = failure;
    clearTimeout(this.silence);
    this.socket.destroy();
    for (const { reject } of this.pending.values()) reject(failure);
    this.pending.clear();
    this.whenGreeted?.();
    this.whenClosed(failure);
  }

  private async greeted(): Promise<void> {
    if (this.reader.banner === undefined) await new Promise<void>((resolve) => (this.whenGreeted = resolve));
    if (this.failure !== undefined) throw this.failure;
    if (!BANNER.test(this.reader.banner ?? '')) throw new AmiFailure('NOT_AMI');
  }

  private async logIn({ username, password }: AmiCredentials): Promise<void> {
    const challenge = await this.send('Challenge', [['AuthType', 'MD5']]);
    const key = createHash('md5')
      .update(`${fieldOf(challenge, 'Challenge')}${password}`)
      .digest('hex');
    const answer = await this.send('Login', [
      ['AuthType', 'MD5'],
      ['Username', username],
      ['Key', key],
      ['Events', 'off'],
    ]);
    if (!isSuccess(answer)) throw new AmiFailure('LOGIN_REFUSED');
  }

  private ask(action: string, fields: AmiMessage, isList: boolean): Promise<AmiMessage[]> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) throw this.failure;
      const id = `rm${++this.count}`;
      const text = formatAction([['Action', action], ['ActionID', id], ...fields]);
      this.pending.set(id, { resolve, reject, isList, messages: [] });
      if (this.pending.size === 1) this.watch();
      this.socket.write(text);
    });
  }

  private take(chunk: Buffer): void {
    if (this.failure !== undefined) return;
    try {
      this.noise += chunk.length;
      for (const message of this.reader.read(chunk)) this.handle(message);
      if (this.reader.banner !== undefined) this.whenGreeted?.();
      if (this.noise > NOISE_BYTES_MAX) throw new AmiFailure('UNREADABLE', 'it sends what nobody asked for');
    } catch (error) {
      const isGreeted = BANNER.test(this.reader.banner ?? '');
      this.close(isGreeted && error instanceof AmiFailure ? error : new AmiFailure('NOT_AMI'));
    }
  }

  private handle(message: AmiMessage): void {
    const id = fieldOf(message, 'ActionID');
    const pending = this.pending.get(id);
    if (pending === undefined) return;
    const isResponse = fieldOf(message, 'Response') !== '';
    if (pending.messages.length === 0 && !isResponse) return;
    if (pending.messages.push(message) > LIST_EVENTS_MAX) throw new AmiFailure('UNREADABLE', 'a list is too long');
    this.watch();
    const listing = fieldOf(message, 'EventList').toLowerCase();
    const goesOn = isResponse ? listing === 'start' : !/^(complete|cancelled)$/.test(listing);
    if (goesOn && pending.isList) return;
    this.noise = 0;
    this.pending.delete(id);
    if (this.pending.size === 0) clearTimeout(this.silence);
    pending.resolve(pending.messages);
  }

  private watch(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.close(this.tooSlow()), SILENCE_MS);
  }

  private tooSlow(): AmiFailure {
    if (this.socket.connecting) return new AmiFailure('UNREACHABLE', 'the host does not answer');
    if (this.reader.banner !== undefined) return new AmiFailure('TIMEOUT');
    return new AmiFailure('TIMEOUT', 'it does not greet as AMI does; a port for TLS stays silent too');
  }
}

export function isSuccess(answer: AmiMessage): boolean {
  return fieldOf(answer, 'Response').toLowerCase() === 'success';
}

/** The failure that an error response tells. The text of the peer is not repeated. */
export function refusalOf(answer: AmiMessage): AmiFailure {
  const code: AmiFailureCode = /permission denied/i.test(fieldOf(answer, 'Message')) ? 'NO_PRIVILEGE' : 'REFUSED';
  return new AmiFailure(code);
}

function failureOf(error: Error): AmiFailure {
  if (codeOf(error) === 'ECONNRESET' || codeOf(error) === 'EPIPE') return new AmiFailure('CLOSED');
  return new AmiFailure('UNREACHABLE', connectionFailure(error)?.text ?? codeOf(error));
}
