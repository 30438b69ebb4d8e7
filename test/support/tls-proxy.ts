import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Certificate } from './certificate';
import { HEADER_BYTES, MysqlPackets } from './mysql-packets';

const CLIENT_SSL = 0x0800;

/** Offers TLS for a server that has none, and forwards the decrypted bytes. */
export class TlsProxy {
  encrypted = 0;
  plain = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly listener: Server,
    readonly port: number,
    private readonly certificate: { key: Buffer; cert: Buffer },
  ) {}

  static async before(host: string, port: number): Promise<TlsProxy> {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const certificate = new Certificate();
    const proxy = new TlsProxy(listener, (listener.address() as AddressInfo).port, certificate.read());
    certificate.remove();
    listener.on('connection', (client) => proxy.join(client, connect(port, host)));
    return proxy;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.listener.close(resolve));
  }

  private join(client: Socket, server: Socket): void {
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        server.destroy();
      });
    }
    server.once('data', (greeting) => client.write(offeringTls(greeting)));
    client.once('data', (first) => {
      if ((first.readUInt32LE(HEADER_BYTES) & CLIENT_SSL) === 0) {
        this.plain++;
        server.write(first);
        this.pipe(client, server, 0);
        return;
      }
      this.encrypted++;
      // The client does not wait: the first bytes of TLS may be in the same chunk.
      client.pause();
      const rest = first.subarray(HEADER_BYTES + first.readUIntLE(0, 3));
      if (rest.length > 0) client.unshift(rest);
      const secured = new TLSSocket(client, { isServer: true, ...this.certificate });
      this.sockets.add(secured);
      server.on('close', () => secured.destroy());
      secured.on('close', () => server.destroy());
      this.pipe(secured, server, 1);
    });
  }

  /**
   * `ahead` is the difference of the packet numbers until the login is done: the server does not see the TLS request.
   */
  private pipe(client: Socket, server: Socket, ahead: number): void {
    let shift = ahead;
    client.on('error', () => undefined);
    const [fromClient, fromServer] = [new MysqlPackets(), new MysqlPackets()];
    client.on('data', (chunk: Buffer) => {
      for (const packet of fromClient.push(chunk)) server.write(shift > 0 ? asPlainLogin(packet, shift) : packet);
    });
    server.on('data', (chunk) => {
      for (const packet of fromServer.push(chunk)) {
        client.write(renumbered(packet, shift));
        if (packet[HEADER_BYTES] === 0) shift = 0;
      }
    });
  }
}

function offeringTls(greeting: Buffer): Buffer {
  const flags = greeting.indexOf(0, HEADER_BYTES + 1) + 1 + 4 + 8 + 1;
  const offered = Buffer.from(greeting);
  offered.writeUInt16LE(greeting.readUInt16LE(flags) | CLIENT_SSL, flags);
  return offered;
}

/** Packet 2 is the login, which repeats the TLS flag. */
function asPlainLogin(packet: Buffer, shift: number): Buffer {
  const plain = renumbered(packet, -shift);
  if (packet[HEADER_BYTES - 1] === 2)
    plain.writeUInt32LE((plain.readUInt32LE(HEADER_BYTES) & ~CLIENT_SSL) >>> 0, HEADER_BYTES);
  return plain;
}

function renumbered(packet: Buffer, shift: number): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt8((copy.readUInt8(HEADER_BYTES - 1) + shift + 256) % 256, HEADER_BYTES - 1);
  return copy;
}
