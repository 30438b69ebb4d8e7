import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { coalesceWrites } from './coalesced-writes';

describe('coalesced writes', () => {
  let server: Server;
  let socket: Socket;
  let received: Promise<string>;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    received = once(server, 'connection').then(async ([peer]: Socket[]) => {
      let text = '';
      for await (const chunk of peer as Socket) text += String(chunk);
      return text;
    });
    socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    coalesceWrites(socket);
  });

  afterEach(() => server.close());

  it('are one system call a turn and keep their order', async () => {
    const calls: number[] = [];
    const { _writev: writev, _write: writeOne } = socket;
    socket._writev = (chunks, done) => {
      calls.push(chunks.length);
      writev?.call(socket, chunks, done);
    };
    socket._write = (chunk, encoding, done) => {
      calls.push(1);
      writeOne.call(socket, chunk, encoding, done);
    };
    socket.write('a');
    socket.write(Buffer.from('b'));
    await Promise.resolve();
    socket.write('c');
    await new Promise(setImmediate);
    socket.write('d');
    await new Promise(setImmediate);
    socket.end('e');
    expect(await received).toBe('abcde');
    expect(calls.slice(0, 2)).toEqual([3, 1]);
  });

  it('arrive when the socket ends or was held in the same turn, and call back', async () => {
    const written = new Promise((resolve) => socket.write('x', resolve));
    socket.end('y');
    expect(await received).toBe('xy');
    await written;
  });

  it('report a full buffer, and drain', async () => {
    const large = 'z'.repeat(4 * 1024 * 1024);
    expect(socket.write(large)).toBe(false);
    await once(socket, 'drain');
    socket.end();
    expect((await received).length).toBe(large.length);
  });
});
