import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Cache } from '../platform/cache/cache';
import { Config } from '../platform/config/config';
import { parseDsn } from '../platform/database/source/dsn';
import { GOOD_FOR_SECONDS, positionOf, type Position } from './position';

/** A process that has just started may not be connected to Redis yet. */
const CONNECT_MS = 700;
const LOOK_EVERY_MS = 20;
const FINISHED_KEPT = 1_000;

/** Runs that go on where the last of them was: those of the service, and those that a person starts. */
export type RunSeries = 'service' | 'command';

export interface SeriesKey {
  readonly series: RunSeries;
  readonly dryRun: boolean;
}

/** The positions of interrupted runs, in Redis for an hour. Without Redis every run begins at the start. */
@Injectable()
export class PositionStore {
  private readonly scope: string;
  /** Redis may still hold their positions: it can miss a removal, or take a save after it. */
  private readonly finished = new Set<string>();

  constructor(
    private readonly cache: Cache,
    config: Config,
  ) {
    this.scope = scopeOf(config);
  }

  async find(series: SeriesKey): Promise<ReturnType<typeof positionOf>> {
    const deadline = performance.now() + CONNECT_MS;
    while (!this.cache.isUp && performance.now() < deadline) await pause(LOOK_EVERY_MS);
    const position = positionOf(await this.cache.recall(this.keyOf(series)));
    return position && this.finished.has(position.runId) ? undefined : position;
  }

  save(series: SeriesKey, position: Position): Promise<void> {
    return this.cache.keep(this.keyOf(series), position, GOOD_FOR_SECONDS);
  }

  /** Removes the position of a run, which this process never continues again. */
  remove(series: SeriesKey, runId: string): Promise<void> {
    const [oldest] = this.finished;
    if (oldest !== undefined && this.finished.size >= FINISHED_KEPT) this.finished.delete(oldest);
    this.finished.add(runId);
    return this.cache.discard(this.keyOf(series));
  }

  private keyOf({ series, dryRun }: SeriesKey): string {
    return `registrar:reconcile:${this.scope}:${series}:${dryRun ? 'dry-run' : 'repair'}`;
  }
}

/** Several installations may share a Redis. A position is of use only for the same tables and base domains. */
function scopeOf(config: Config): string {
  const databases = [config.databaseDsnBin, config.databaseDsnAsterisk].map((dsn) => {
    const { host, port, socketPath, database } = parseDsn(dsn);
    return [host, port, socketPath ?? '', database];
  });
  const scope = [databases, config.domainNameExtension, config.domainNameTrunk];
  return createHash('sha256').update(JSON.stringify(scope)).digest('hex').slice(0, 16);
}
