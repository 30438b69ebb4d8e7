import { Injectable } from '@nestjs/common';
import { errorFields } from '../log/error-fields';
import { Log } from '../log/logger';
import { TimeoutError, withTimeout } from '../timeout';

/** A question about one dependency: it resolves when all is well. Without a `required` one nothing can be served. */
export interface Probe {
  readonly name: string;
  readonly kind: 'required' | 'degrading';
  check(): Promise<void>;
}

/** What may be shown to anybody about a probe. */
export interface ProbeResult {
  readonly name: string;
  readonly kind: Probe['kind'];
  readonly up: boolean;
  readonly reason?: string;
}

export type Phase = 'starting' | 'running' | 'draining';

const PROBE_TIMEOUT_MS = 1_000;

/** Knows how far the service has come, and whom to ask whether it can work. */
@Injectable()
export class HealthRegistry {
  private readonly readiness = new Map<string, Probe>();
  private readonly liveness = new Map<string, Probe>();
  private readonly running = new Map<Probe, Promise<void>>();
  private readonly lastUp = new Map<string, boolean>();
  private currentPhase: Phase = 'starting';

  constructor(private readonly log: Log) {}

  get phase(): Phase {
    return this.currentPhase;
  }

  register(probe: Probe): void {
    this.readiness.set(probe.name, probe);
  }

  /** For what only a restart can mend; a dependency that is down is no such thing. */
  registerLiveness(probe: Omit<Probe, 'kind'>): void {
    const { name } = probe;
    this.liveness.set(name, { name, kind: 'required', check: () => probe.check() });
  }

  markStarted(): void {
    if (this.currentPhase === 'starting') this.currentPhase = 'running';
  }

  markDraining(): void {
    this.currentPhase = 'draining';
  }

  askReadiness(): Promise<ProbeResult[]> {
    return this.askAll(this.readiness);
  }

  askLiveness(): Promise<ProbeResult[]> {
    return this.askAll(this.liveness);
  }

  private askAll(probes: ReadonlyMap<string, Probe>): Promise<ProbeResult[]> {
    return Promise.all([...probes.values()].map((probe) => this.ask(probe)));
  }

  private async ask(probe: Probe): Promise<ProbeResult> {
    const { name, kind } = probe;
    try {
      await withTimeout(() => this.runOnce(probe), PROBE_TIMEOUT_MS);
      this.note(probe, true);
      return { name, kind, up: true };
    } catch (error) {
      this.note(probe, false, error);
      return { name, kind, up: false, reason: reasonOf(error) };
    }
  }

  /** A hanging check is waited for, not started again at each question. */
  private runOnce(probe: Probe): Promise<void> {
    const present = this.running.get(probe);
    if (present !== undefined) return present;
    const check = Promise.resolve()
      .then(() => probe.check())
      .finally(() => this.running.delete(probe));
    this.running.set(probe, check);
    // Whoever asks may have stopped waiting by the time it fails.
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

/** A word for the reader of the page; the log has the rest. */
function reasonOf(error: unknown): string {
  if (error instanceof TimeoutError) return 'timeout';
  const { code, reason } = error instanceof Error ? errorFields(error) : {};
  return String(reason ?? code ?? 'failed');
}
