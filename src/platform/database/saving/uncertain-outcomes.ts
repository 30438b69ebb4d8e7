import { Injectable } from '@nestjs/common';
import { Cache } from '../../cache/cache';
import { ServiceError } from '../../errors/service-error';
import { Log } from '../../observability/log/logger';
import { isAlive } from '../alive';
import type { Row } from '../columns';
import type { ResourceRecord } from '../resource.repository';
import type { UncertainOutcome } from '../transactions';
import { RepairRequests } from './repair-requests';
import type { Resource } from './resource';

/** Resolves changes whose commit has an unknown outcome. */
@Injectable()
export class UncertainOutcomes {
  constructor(
    private readonly cache: Cache,
    private readonly repairs: RepairRequests,
    private readonly log: Log,
  ) {}

  /**
   * Reads the record, aligns the rest with it, and sets `outcome.record`. Leaves to reconcile what it cannot resolve
   * now.
   */
  async resolveUncertain<T extends ResourceRecord, Reply extends object>(
    resource: Resource<T, Reply>,
    id: string,
    outcome: UncertainOutcome,
    former?: Row<T>,
  ): Promise<void> {
    const { kind } = resource;
    this.log.warning('It is not known whether a change was committed: the record decides', {
      kind,
      id,
      error: outcome,
    });
    try {
      const record = await resource.align(id, former);
      // The cache may hold the record from before the change.
      await this.cache.forget(resource.cacheKeys(resource.toReply(record)));
      outcome.record = isAlive(record) ? 'alive' : 'gone';
    } catch (error) {
      if (error instanceof ServiceError && error.status === 'NOT_FOUND') {
        outcome.record = 'gone';
        return;
      }
      this.log.error('An uncertain change could not be resolved at once', { kind, id, error });
      this.repairs.request({ kind, id, align: () => resource.align(id, former) });
    }
  }
}
