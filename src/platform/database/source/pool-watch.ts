import type { DatabasePool, RawConnection } from './session';

/** A connection that was idle for longer may have been dropped in silence: it is asked before it is lent. */
const PROVE_AFTER_MS = 1_000;
const PROVE_WITHIN_MS = 500;

/** When each pooled connection was last heard of. A NAT or a load balancer forgets idle ones without a word. */
export class PoolWatch {
  private readonly heardAt = new WeakMap<RawConnection, number>();

  constructor(private readonly pool: DatabasePool) {
    pool.on('connection', (connection) => this.heard(connection));
  }

  /** The server has answered on this connection. */
  heard(connection: RawConnection): void {
    this.heardAt.set(connection, performance.now());
  }

  /** False when the server does not answer in time on a connection that was idle. */
  async proves(connection: RawConnection, budgetMs: number): Promise<boolean> {
    const idleMs = performance.now() - (this.heardAt.get(connection) ?? -Infinity);
    if (idleMs < PROVE_AFTER_MS) return true;
    const isThere = await answersPing(connection, Math.min(PROVE_WITHIN_MS, budgetMs));
    if (isThere) this.heard(connection);
    return isThere;
  }

  /** Ends the idle connections that were last heard of before `since`: what silenced one has silenced them all. */
  discardIdle(since = Infinity): void {
    for (const connection of this.pool._freeConnections.toArray()) {
      if ((this.heardAt.get(connection) ?? 0) < since) connection.destroy();
    }
  }

  /** Whether the server has answered on any connection since then. */
  hasHeardSince(since: number): boolean {
    return this.pool._allConnections.toArray().some((connection) => (this.heardAt.get(connection) ?? 0) >= since);
  }
}

function answersPing(connection: RawConnection, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), timeoutMs);
    connection.ping((error) => {
      clearTimeout(timer);
      resolve(!error);
    });
  });
}
