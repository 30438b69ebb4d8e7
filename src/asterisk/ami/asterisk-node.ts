import { setTimeout as pause } from 'node:timers/promises';
import type { HostPort } from '../../platform/config/rules';
import type { Log } from '../../platform/observability/log/logger';
import type { Metrics } from '../../platform/observability/metrics/metrics';
import { remainingMs, runDetached } from '../../platform/observability/request-context';
import { withTimeout } from '../../platform/observability/timeout';
import { AmiConnection, type AmiCredentials } from './ami-connection';
import { type AmiFailure, asAmiFailure } from './ami-failure';
import { CachedObjects, type CachedLogin } from './cached-objects';
import { checkNode, inspectNode, type NodeCheck } from './node-inspection';
import { NodeOutage } from './node-outage';
import type { ExpectedLogin, NodeView } from './node-view';

/** The time by which a change may delay its reply. */
const WAIT_MS = 250;
/** A REGISTER that read a row before the commit can cache it after the node was told: so every node is told again. */
const AGAIN_MS = 1_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
/** Longer, because a site may shut out an address that is refused often. */
const REFUSED_RETRY_MS = 60_000;
/** In turns of `AGAIN_MS`. An idle peer that is gone without a word is found so. */
const PING_TURNS = 10;

/**
 * Has one Asterisk forget the cached objects of changed logins. No change waits for a node that is away or behind: the
 * state of the connection is the circuit breaker.
 */
export class AsteriskNode {
  readonly name: string;
  private connection: AmiConnection | undefined;
  /** To be told in the next turn, and in the one after it. */
  private next = new CachedObjects();
  private afterNext = new CachedObjects();
  private turnsUnderWay = 0;
  private isBehind = false;
  private keeping: Promise<void> | undefined;
  private endFirstTry!: () => void;
  private readonly firstTry = new Promise<void>((resolve) => (this.endFirstTry = resolve));
  private readonly stopping = new AbortController();
  private readonly outage: NodeOutage;

  constructor(
    private readonly address: Required<HostPort>,
    private readonly credentials: AmiCredentials,
    private readonly metrics: Metrics,
    log: Log,
  ) {
    const { host, port } = address;
    this.name = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    this.outage = new NodeOutage(this.name, metrics, log);
  }

  /** Why the node cannot be told now. */
  get trouble(): AmiFailure | undefined {
    return this.outage.trouble;
  }

  /** False while the node is to be told something, also for the second time. */
  get isTold(): boolean {
    return this.turnsUnderWay === 0 && this.next.isEmpty && this.afterNext.isEmpty;
  }

  /**
   * Keeps a connection. With `everything` each one begins with all caches: changes may have been lost while the node or
   * this process was away.
   */
  start(everything: boolean): void {
    this.keeping ??= runDetached(() => this.keep(everything));
  }

  /** Waits a short time until the node has forgotten the logins; after that it goes on by itself. Never throws. */
  async forget(logins: readonly CachedLogin[]): Promise<void> {
    const objects = CachedObjects.of(logins);
    this.afterNext.addAll(objects);
    this.start(false);
    if (!(await this.isToldInTime(objects))) this.metrics.asteriskForgetLate(this.name);
  }

  /** Tells now what would be told in the next turns. */
  async flush(timeoutMs: number): Promise<void> {
    if (this.keeping === undefined) return;
    const work = async (): Promise<void> => {
      await this.firstTry;
      const { connection } = this;
      for (let turn = 0; turn < 2 && connection !== undefined; turn++) await this.tellTurn(connection);
    };
    await withTimeout(work, timeoutMs).catch(() => undefined);
  }

  inspect(login: ExpectedLogin): Promise<NodeView> {
    return inspectNode(this, login);
  }

  check(): Promise<NodeCheck> {
    return checkNode(this);
  }

  /** A connection apart from the kept one. Throws `AmiFailure`. */
  connectAnew(): Promise<AmiConnection> {
    return AmiConnection.open(this.address, this.credentials, this.stopping.signal);
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.keeping;
  }

  private async keep(everything: boolean): Promise<void> {
    const { signal } = this.stopping;
    for (let wait = FIRST_RETRY_MS; !signal.aborted; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
      const startedAt = performance.now();
      await this.connect(everything).catch((error: unknown) => this.fell(error));
      if (performance.now() - startedAt > LAST_RETRY_MS) wait = FIRST_RETRY_MS;
      const isRefused = this.trouble?.code === 'LOGIN_REFUSED';
      await pause((isRefused ? REFUSED_RETRY_MS : wait) * (0.5 + Math.random() / 2), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }

  /** Ends with the connection, by its failure. */
  private async connect(everything: boolean): Promise<void> {
    const connection = await this.connectAnew();
    try {
      if (everything) this.next.addEverything();
      await this.tellTurn(connection);
      this.connection = connection;
      this.outage.end();
      this.endFirstTry();
      await this.takeTurns(connection);
    } finally {
      this.connection = undefined;
      connection.close();
    }
  }

  private async takeTurns(connection: AmiConnection): Promise<void> {
    const ended = new AbortController();
    void connection.closed.then(() => ended.abort());
    for (let turn = 1; ; turn++) {
      await pause(AGAIN_MS, undefined, { signal: ended.signal }).catch(() => undefined);
      if (ended.signal.aborted) throw await connection.closed;
      if (turn % PING_TURNS === 0) await connection.send('Ping');
      await this.tellTurn(connection);
    }
  }

  private async tellTurn(connection: AmiConnection): Promise<void> {
    const turn = this.next;
    [this.next, this.afterNext] = [this.afterNext, new CachedObjects()];
    if (turn.isEmpty) return;
    const startedAt = performance.now();
    this.turnsUnderWay++;
    try {
      await turn.expire(connection);
      this.isBehind = performance.now() - startedAt > WAIT_MS;
    } catch (error) {
      this.next.addAll(turn);
      throw error;
    } finally {
      this.turnsUnderWay--;
    }
  }

  private async isToldInTime(objects: CachedObjects): Promise<boolean> {
    if (this.trouble !== undefined || this.connection?.isFull === true) return false;
    const telling = runDetached(() => this.tell(objects));
    if (this.isBehind) return false;
    const waitMs = Math.min(WAIT_MS, remainingMs());
    try {
      return await withTimeout(() => telling, waitMs);
    } catch {
      // A request that has no time left says nothing about the node.
      if (waitMs === WAIT_MS) this.isBehind = true;
      return false;
    }
  }

  /** False when it did not succeed; the next turn, or the next connection, tells it. */
  private async tell(objects: CachedObjects): Promise<boolean> {
    await this.firstTry;
    const { connection } = this;
    if (connection === undefined) return false;
    try {
      await objects.expire(connection);
      return true;
    } catch (error) {
      connection.close(asAmiFailure(error));
      return false;
    }
  }

  private fell(error: unknown): void {
    this.endFirstTry();
    if (!this.stopping.signal.aborted) this.outage.begin(asAmiFailure(error));
  }
}
