import type { Log } from '../../platform/observability/log/logger';
import type { Metrics } from '../../platform/observability/metrics/metrics';
import type { AmiFailure } from './ami-failure';

/** Whether a node can be told, for the metrics and the log: one line for each outage, not for each attempt. */
export class NodeOutage {
  trouble: AmiFailure | undefined;

  constructor(
    private readonly node: string,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  begin(trouble: AmiFailure): void {
    const { node } = this;
    const { code: reason, message: detail, advice } = trouble;
    this.metrics.asteriskNodeUp(node, false);
    this.metrics.asteriskNodeFailed(node, reason);
    if (this.trouble?.code !== reason)
      this.log.warning('An Asterisk node cannot be told of changed logins: its cache may still hold the old ones', {
        ...{ node, reason, detail, advice },
      });
    this.trouble = trouble;
  }

  end(): void {
    const { node } = this;
    this.metrics.asteriskNodeUp(node, true);
    if (this.trouble !== undefined) this.log.info('An Asterisk node can be told of changed logins again', { node });
    this.trouble = undefined;
  }
}
