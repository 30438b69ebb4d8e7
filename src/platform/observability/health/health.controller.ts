import { Controller, Get, Header, ServiceUnavailableException } from '@nestjs/common';
import {
  type HealthCheckResult,
  HealthCheckService,
  type HealthIndicatorFunction,
  HealthIndicatorService,
} from '@nestjs/terminus';
import { HealthRegistry } from './health-registry';

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
  live(): Promise<HealthCheckResult> {
    return this.answer(this.registry.liveness);
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  ready(): Promise<HealthCheckResult> {
    return this.answer([this.phaseIs(this.registry.phase === 'running'), ...this.registry.readiness]);
  }

  @Get('startup')
  @Header('Cache-Control', 'no-store')
  startup(): Promise<HealthCheckResult> {
    return this.answer([this.phaseIs(this.registry.phase !== 'starting')]);
  }

  private phaseIs(good: boolean): HealthIndicatorFunction {
    const { phase } = this.registry;
    const indicator = this.indicators.check('service');
    return () => (good ? indicator.up({ phase }) : indicator.down({ phase }));
  }

  /**
   * Terminus runs the checks. Its own answer would also fail for a degrading probe, and call a draining process dead.
   */
  private async answer(indicators: HealthIndicatorFunction[]): Promise<HealthCheckResult> {
    const report = await this.checks.check(indicators).catch(reportOf);
    const isFailed = Object.values(report.error ?? {}).some((detail) => detail?.['required'] !== false);
    if (isFailed) throw new ServiceUnavailableException({ ...report, status: 'error' });
    return { ...report, status: 'ok' };
  }
}

function reportOf(error: unknown): HealthCheckResult {
  if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
  throw error;
}
