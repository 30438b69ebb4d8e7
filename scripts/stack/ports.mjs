// Free ports below the ephemeral range, so that no connection takes the port of a server that restarts.
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

const LOWEST = 20_000;

function highest() {
  try {
    const ephemeralFrom = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0]);
    if (ephemeralFrom > LOWEST + 1_000) return ephemeralFrom;
  } catch {
    // not Linux
  }
  return 32_768;
}

export function isFree(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

export async function freePort(taken = []) {
  const below = highest();
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const port = randomInt(LOWEST, below);
    if (!taken.includes(port) && (await isFree(port))) return port;
  }
  throw new Error('no free port was found on 127.0.0.1');
}

/** Connects, sends `greeting` and returns the first bytes received; empty when nothing listens or answers. */
export function firstBytes(port, greeting, timeoutMs = 1_000) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (bytes) => {
      socket.destroy();
      resolve(bytes);
    };
    socket.setTimeout(timeoutMs, () => finish(Buffer.alloc(0)));
    socket.once('error', () => finish(Buffer.alloc(0)));
    socket.once('close', () => finish(Buffer.alloc(0)));
    socket.once('data', finish);
    if (greeting) socket.once('connect', () => socket.write(greeting));
  });
}
