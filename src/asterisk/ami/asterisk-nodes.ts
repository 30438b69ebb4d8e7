import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Config } from '../../platform/config/config';
import { afterCommit } from '../../platform/database/after-commit';
import { WorkInProgress } from '../../platform/messaging/work-in-progress';
import { Log } from '../../platform/observability/log/logger';
import { Metrics } from '../../platform/observability/metrics/metrics';
import { AsteriskNode } from './asterisk-node';
import type { CachedLogin } from './cached-objects';
import type { NodeCheck } from './node-inspection';
import type { ExpectedLogin, NodeView } from './node-view';

const FLUSH_MS = 1_500;

/** The nodes of Asterisk that AMI reaches. Without ASTERISK_AMI_ADDRESSES there are none. */
@Injectable()
export class AsteriskNodes implements OnApplicationShutdown {
  readonly all: readonly AsteriskNode[];

  constructor(
    private readonly config: Config,
    work: WorkInProgress,
    metrics: Metrics,
    log: Log,
  ) {
    this.all = config.asteriskAmiAddresses.map((address) => new AsteriskNode(address, this.credentials, metrics, log));
    if (this.isOn) work.afterwards(() => this.flush());
  }

  get isOn(): boolean {
    return this.all.length > 0;
  }

  /** The nodes that may still hold the copy of a changed login. */
  get notTold(): readonly AsteriskNode[] {
    return this.all.filter((node) => !node.isTold);
  }

  /** Keeps a connection to each node. The command line connects when it has something to tell. */
  start(): void {
    for (const node of this.all) node.start(true);
  }

  /**
   * Has every node forget its copies of these logins once the transaction is committed. The transaction's caller waits
   * for it a short time.
   */
  forgetAfterCommit(asterisk: EntityManager, ...logins: readonly CachedLogin[]): void {
    if (!this.isOn) return;
    afterCommit(asterisk, async () => {
      await Promise.all(this.all.map((node) => node.forget(logins)));
    });
  }

  /** What each node holds of a login now. Never throws: a node that does not answer has a `failure`. */
  inspect(login: ExpectedLogin): Promise<readonly NodeView[]> {
    return Promise.all(this.all.map((node) => node.inspect(login)));
  }

  /** Whether each node would take a request to forget. */
  check(): Promise<readonly NodeCheck[]> {
    return Promise.all(this.all.map((node) => node.check()));
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.all.map((node) => node.close()));
  }

  private async flush(): Promise<void> {
    await Promise.all(this.all.map((node) => node.flush(FLUSH_MS)));
  }

  private get credentials() {
    return { username: this.config.asteriskAmiUsername, password: this.config.asteriskAmiPassword };
  }
}
