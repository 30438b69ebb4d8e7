import { Injectable } from '@nestjs/common';
import { type HealthIndicatorFunction, type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { errorFields } from '../log/error-fields';
import { Log } from '../log/logger';
import { TimeoutError, withTimeout } from '../timeout';

/** A check of one dependency: it resolves when all is well. While a `required` one fails, the service is not ready. */
interface Probe {
  readonly name: string;
  readonly kind: 'required' | 'degrading';
  check(): Promise<void>;
}

type Phase = 'starting' | 'running' | 'draining';

const PROBE_TIMEOUT_MS = 1_000;

/** Holds the phase of the service, and the probes that tell whether it can work. */
@Injectable()
export class HealthRegistry {
  private readonly readinessProbes = new Map<string, Probe>();
  private readonly livenessProbes = new Map<string, Probe>();
  private readonly running = new Map<Probe, Promise<void>>();
  private readonly lastUp = new Map<string, boolean>();
  private currentPhase: Phase = 'starting';

  constructor(
    private readonly log: Log,
    private readonly indicators: HealthIndicatorService,
  ) {}

  get phase(): Phase {
    return this.currentPhase;
  }

  register(probe: Probe): void {
    this.readinessProbes.set(probe.name, probe);
  }

  /** For faults that only a restart can mend; a dependency that is down is not one of them. */
  registerLiveness(probe: Omit<Probe, 'kind'>): void {
    this.livenessProbes.set(probe.name, { ...probe, kind: 'required' });
  }

  markStarted(): void {
    if (this.currentPhase === 'starting') this.currentPhase = 'running';
  }

  markDraining(): void {
    this.currentPhase = 'draining';
  }

  get readiness(): HealthIndicatorFunction[] {
    return this.indicatorsOf(this.readinessProbes);
  }

  get liveness(): HealthIndicatorFunction[] {
    return this.indicatorsOf(this.livenessProbes);
  }

  private indicatorsOf(probes: ReadonlyMap<string, Probe>): HealthIndicatorFunction[] {
    return [...probes.values()].map((probe) => () => this.indicate(probe));
  }

  private async indicate(probe: Probe): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(probe.name);
    const required = probe.kind === 'required';
    try {
      await withTimeout(() => this.runOnce(probe), PROBE_TIMEOUT_MS);
      this.note(probe, true);
      return indicator.up({ required });
    } catch (error) {
      this.note(probe, false, error);
      return indicator.down({ required, reason: reasonOf(error) });
    }
  }

  /** A hanging check is not started again: later requests wait for the running one. */
  private runOnce(probe: Probe): Promise<void> {
    const present = this.running.get(probe);
    if (present !== undefined) return present;
    const check = Promise.resolve()
      .then(() => probe.check())
      .finally(() => this.running.delete(probe));
    this.running.set(probe, check);
    // The page may have stopped waiting by the time it fails.
    check.catch(() => undefined);
    return check;
  }

  private note({ name, kind }: Probe, up: boolean, error?: unknown): void {
    if (this.lastUp.get(name) === up || (up && !this.lastUp.has(name))) return;
    this.lastUp.set(name, up);
    if (up) this.log.info('health probe recovered', { probe: name });
    else this.log.warning('health probe failed', { probe: name, kind, error });
  }
}

/** A code for the health page; the log has the details. */
function reasonOf(error: unknown): string {
  if (error instanceof TimeoutError) return 'timeout';
  const { code, reason } = error instanceof Error ? errorFields(error) : {};
  return String(reason ?? code ?? 'failed');
}
