import { Injectable } from '@nestjs/common';

export type RepairKind = 'extension' | 'trunk';

/** A resource whose last change has an uncertain outcome: record and login may disagree. */
export interface RepairRequest {
  readonly kind: RepairKind;
  readonly id: string;
  /** Makes the login follow the record. Throws `NOT_FOUND` when there is no record. */
  readonly align: () => Promise<unknown>;
}

/** Passes changes that could not be resolved at once to reconcile, which repairs them. */
@Injectable()
export class RepairRequests {
  private listener: ((request: RepairRequest) => void) | undefined;
  private readonly early: RepairRequest[] = [];

  request(request: RepairRequest): void {
    if (this.listener) this.listener(request);
    else this.early.push(request);
  }

  listen(listener: (request: RepairRequest) => void): void {
    this.listener = listener;
    for (const request of this.early.splice(0)) listener(request);
  }
}
