import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from '../../support/conditions';
import { ServiceProcess } from '../../support/service';

const HOOK = resolve(__dirname, 'crash-hook.cjs');

export interface CrashPoint {
  /** The milestone's name. */
  readonly at: string;
  /** Which time it is reached; 1 when not said. */
  readonly after?: number;
  /** Throws there once instead of ending the process. */
  readonly throws?: boolean;
}

/** The service as it is, with milestones that end it by SIGKILL where it is told to. */
export class CrashingService {
  private readonly folder = mkdtempSync(join(tmpdir(), 'registrar-crash-'));
  private readonly control = join(this.folder, 'control.json');
  private current: ServiceProcess | undefined;

  constructor(private readonly environment: () => Record<string, string>) {}

  get process(): ServiceProcess {
    if (!this.current) throw new Error('the service is not started');
    return this.current;
  }

  async start(): Promise<void> {
    this.current = await ServiceProcess.start(this.hooked());
  }

  /** Ends at the milestone the next time it comes by. */
  async arm(point: CrashPoint): Promise<void> {
    this.write(point);
    this.process.signal('SIGUSR2');
    const armed = `armed for ${point.at}`;
    await eventually(armed, () => this.process.stdout.some(({ text }) => text === armed)).catch((error: unknown) => {
      throw new Error(`${String(error)}; running: ${this.process.running}\n${this.process.logText().slice(-2_000)}`);
    });
  }

  /** Starts a process that is armed already, for what it does unasked. */
  async startArmed(point: CrashPoint): Promise<void> {
    this.write(point);
    this.current = await ServiceProcess.spawn({ ...this.hooked(), CRASH_AT_START: 'yes' });
  }

  async untilCrashed(): Promise<void> {
    const { signal } = await this.process.ended();
    if (signal !== 'SIGKILL') throw new Error(`the service ended with ${signal ?? 'a code'} instead of the crash`);
  }

  async close(): Promise<void> {
    if (this.current?.running) await this.current.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private write({ at, after = 1, throws = false }: CrashPoint): void {
    writeFileSync(this.control, JSON.stringify({ at, after, throws }));
  }

  private hooked(): Record<string, string> {
    return { ...this.environment(), NODE_OPTIONS: `--require ${HOOK}`, CRASH_CONTROL: this.control };
  }
}
