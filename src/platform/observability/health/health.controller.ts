import { Controller, Get, Header, ServiceUnavailableException } from '@nestjs/common';
import {
  HealthCheckService,
  type HealthCheckResult,
  HealthIndicatorService,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { HealthRegistry, type ProbeResult } from './health-registry';

/** Tells an orchestrator whether to restart the process (live), send it work (ready), or wait for it (startup). */
@Controller('health')
export class HealthController {
  constructor(
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly registry: HealthRegistry,
  ) {}

  /** Deployments use this one path for liveness too, so a dependency that is down must not fail it. */
  @Get(['', 'live'])
  @Header('Cache-Control', 'no-store')
  async live(): Promise<HealthCheckResult> {
    const probes = await this.registry.askLiveness();
    return this.answer(
      probes.map((probe) => this.indicate(probe)),
      probes.every(({ up }) => up),
    );
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  async ready(): Promise<HealthCheckResult> {
    const probes = await this.registry.askReadiness();
    const running = this.registry.phase === 'running';
    return this.answer(
      [this.indicatePhase(running), ...probes.map((probe) => this.indicate(probe))],
      running && probes.every(({ up, kind }) => up || kind === 'degrading'),
    );
  }

  @Get('startup')
  @Header('Cache-Control', 'no-store')
  startup(): Promise<HealthCheckResult> {
    const started = this.registry.phase !== 'starting';
    return this.answer([this.indicatePhase(started)], started);
  }

  /** Terminus writes the report; what counts is ours: it knows no degrading probe, and calls a draining process dead. */
  private async answer(results: readonly HealthIndicatorResult[], healthy: boolean): Promise<HealthCheckResult> {
    const report = await this.report(results);
    if (!healthy) throw new ServiceUnavailableException({ ...report, status: 'error' });
    return { ...report, status: 'ok' };
  }

  private async report(results: readonly HealthIndicatorResult[]): Promise<HealthCheckResult> {
    try {
      return await this.checks.check(results.map((result) => () => result));
    } catch (error) {
      if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
      throw error;
    }
  }

  private indicate({ name, kind, up, reason }: ProbeResult): HealthIndicatorResult {
    const indicator = this.indicators.check(name);
    const required = kind === 'required';
    return up ? indicator.up({ required }) : indicator.down({ required, reason });
  }

  private indicatePhase(good: boolean): HealthIndicatorResult {
    const indicator = this.indicators.check('service');
    const { phase } = this.registry;
    return good ? indicator.up({ phase }) : indicator.down({ phase });
  }
}
