import type { Writable } from 'node:stream';

/**
 * Sends all that is written to a socket in one turn of the event loop with one system call. One call for each write
 * costs more than all else in answering a request from the cache.
 */
export function coalesceWrites(socket: Writable): void {
  const write = socket.write.bind(socket) as (...parameters: unknown[]) => boolean;
  let isHeld = false;
  const release = (): void => {
    isHeld = false;
    socket.uncork();
  };
  socket.write = (...parameters: unknown[]): boolean => {
    if (!isHeld) {
      isHeld = true;
      socket.cork();
      process.nextTick(release);
    }
    return write(...parameters);
  };
}
