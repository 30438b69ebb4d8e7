import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export type Fields = Readonly<Record<string, string>>;
/** What the peer sends for an action; undefined for nothing. */
export type Answer = (action: Fields, socket: Socket) => string | undefined;

const BANNER = 'Asterisk Call Manager/11.0.0\r\n';

export function response(action: Fields, fields: Fields): string {
  const all = { Response: 'Success', ActionID: action['ActionID'] ?? '', ...fields };
  return `${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;
}

/** As an Asterisk with a memory cache answers. */
export const obedient: Answer = (action) =>
  response(action, action['Action'] === 'Challenge' ? { Challenge: '840415273' } : {});

/** A peer on the port of a manager, for what a real Asterisk cannot be made to do. */
export class AmiPeer {
  readonly actions: Fields[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  answer: Answer = obedient;
  greet: (socket: Socket) => void = (socket) => void socket.write(BANNER);

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => this.join(socket));
  }

  static async listen(port = 0): Promise<AmiPeer> {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new AmiPeer(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The actions of this name without those of the login. */
  of(name: string): Fields[] {
    return this.actions.filter(({ Action: action }) => action === name);
  }

  private join(socket: Socket): void {
    this.connections++;
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    let rest = '';
    socket.on('data', (chunk: Buffer) => {
      const parts = `${rest}${chunk.toString()}`.split('\r\n\r\n');
      rest = parts.pop() ?? '';
      for (const part of parts) this.handle(part, socket);
    });
    this.greet(socket);
  }

  private handle(text: string, socket: Socket): void {
    const pairs = text.split('\r\n').map((line) => line.split(': ') as [string, string]);
    const action = Object.fromEntries(pairs);
    this.actions.push(action);
    const answer = this.answer(action, socket);
    if (answer !== undefined) socket.write(answer);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
