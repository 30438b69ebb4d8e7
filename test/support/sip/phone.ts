import { createSocket, type Socket } from 'node:dgram';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { authorization, challengeOf, type Credentials } from './digest';

const ANSWER_MS = 5_000;
const RESEND_MS = 500;

export interface SipAnswer {
  readonly status: number;
  /** The values of a header, one for each line. */
  header(name: string): readonly string[];
}

export interface SipRequest {
  readonly method: 'REGISTER' | 'INVITE' | 'OPTIONS';
  readonly uri: string;
  readonly from: string;
  readonly to: string;
  readonly headers?: readonly string[];
}

export interface Registration extends Credentials {
  /** The number and the domain of the address of record. */
  readonly user: string;
  readonly domain: string;
  /** In seconds; 0 ends the registration. */
  readonly expires?: number;
  /** The URI of the phone; by default its number at its own address. */
  readonly contact?: string;
  readonly userAgent?: string;
}

/** A SIP phone over UDP: it answers a challenge with its credentials, once. */
export class Phone {
  private readonly waiting = new Map<string, (answer: SipAnswer) => void>();
  readonly callId = randomUUID();
  private sequence = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly serverPort: number,
  ) {
    socket.on('message', (data) => this.take(data.toString('utf8')));
  }

  /** `address` is the phone's own address; any of 127.0.0.0/8 is a real source on one machine. */
  static async connect(serverPort: number, address = '127.0.0.1'): Promise<Phone> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    return new Phone(socket, serverPort);
  }

  get address(): string {
    const { address, port } = this.socket.address();
    return `${address}:${port}`;
  }

  /** Registers, or ends the registration; resolves to the last answer. */
  async register(registration: Registration): Promise<SipAnswer> {
    const { user, domain, expires = 120, contact, userAgent = 'test phone', ...credentials } = registration;
    const aor = `sip:${user}@${domain}`;
    const request: SipRequest = {
      method: 'REGISTER',
      uri: `sip:${domain}`,
      from: aor,
      to: aor,
      headers: [
        `Contact: <${contact ?? `sip:${user}@${this.address}`}>`,
        `Expires: ${expires}`,
        `User-Agent: ${userAgent}`,
      ],
    };
    return this.authenticate(request, credentials);
  }

  /** Calls `echo` in the domain. Without credentials a challenge is the last answer. */
  async invite(user: string, domain: string, credentials?: Credentials): Promise<SipAnswer> {
    const contact = [`Contact: <sip:phone@${this.address}>`];
    const uri = `sip:echo@${domain}`;
    const from = user === '' ? `sip:${domain}` : `sip:${user}@${domain}`;
    const request: SipRequest = { method: 'INVITE', uri, from, to: uri, headers: contact };
    return credentials === undefined ? this.ask(request) : this.authenticate(request, credentials);
  }

  async authenticate(request: SipRequest, credentials: Credentials): Promise<SipAnswer> {
    const first = await this.ask(request);
    if (first.status !== 401 && first.status !== 407) return first;
    const name = first.status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const challenge = first
      .header(name)
      .map(challengeOf)
      .find((one) => one !== undefined);
    if (challenge === undefined) throw new Error('the challenge has no MD5');
    const value = authorization(challenge, credentials, request.method, request.uri);
    const answer = first.status === 401 ? 'Authorization' : 'Proxy-Authorization';
    return this.ask({ ...request, headers: [...(request.headers ?? []), `${answer}: ${value}`] });
  }

  /** Sends a request again until its final answer comes. */
  async ask(request: SipRequest): Promise<SipAnswer> {
    this.sequence += 1;
    const branch = `z9hG4bK${randomBytes(8).toString('hex')}`;
    const text = this.messageOf(request, branch);
    const send = (): void => this.socket.send(text, this.serverPort, '127.0.0.1');
    const repeat = setInterval(send, RESEND_MS);
    try {
      return await new Promise<SipAnswer>((resolve, reject) => {
        const giveUp = (): void => reject(new Error(`no answer to ${request.method} within ${ANSWER_MS} ms`));
        const timer = setTimeout(giveUp, ANSWER_MS);
        this.waiting.set(branch, (answer) => {
          clearTimeout(timer);
          resolve(answer);
        });
        send();
      });
    } finally {
      clearInterval(repeat);
      this.waiting.delete(branch);
    }
  }

  private messageOf({ method, uri, from, to, headers = [] }: SipRequest, branch: string): string {
    return [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP ${this.address};branch=${branch};rport`,
      `From: <${from}>;tag=${branch.slice(-8)}`,
      `To: <${to}>`,
      `Call-ID: ${this.callId}`,
      `CSeq: ${this.sequence} ${method}`,
      'Max-Forwards: 70',
      ...headers,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n');
  }

  private take(message: string): void {
    const lines = message.split('\r\n\r\n', 1)[0]?.split('\r\n') ?? [];
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(lines[0] ?? '')?.[1]);
    const branch = /^via:.*;branch=([^;,\s]+)/im.exec(lines.join('\n'))?.[1] ?? '';
    if (!(status >= 200)) return;
    const header = (name: string): string[] =>
      lines
        .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
        .map((line) => line.slice(name.length + 1).trim());
    this.waiting.get(branch)?.({ status, header });
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(resolve));
  }
}

/** Phones that are closed together. */
export class Phones {
  private readonly opened: Phone[] = [];

  async connect(serverPort: number, address?: string): Promise<Phone> {
    const phone = await Phone.connect(serverPort, address);
    this.opened.push(phone);
    return phone;
  }

  async hangUp(): Promise<void> {
    await Promise.all(this.opened.splice(0).map((phone) => phone.close()));
  }
}
