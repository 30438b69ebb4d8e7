import { Injectable } from '@nestjs/common';

export type RepairKind = 'extension' | 'trunk';

/** A resource whose last change has an uncertain outcome: record and login may disagree. */
export interface RepairRequest {
  readonly kind: RepairKind;
  readonly id: string;
}

/** What cannot be resolved at once is asked for here; reconcile listens and repairs it. */
@Injectable()
export class RepairRequests {
  private listener: ((request: RepairRequest) => void) | undefined;
  private readonly early: RepairRequest[] = [];

  request(kind: RepairKind, id: string): void {
    if (this.listener) this.listener({ kind, id });
    else this.early.push({ kind, id });
  }

  listen(listener: (request: RepairRequest) => void): void {
    this.listener = listener;
    for (const request of this.early.splice(0)) listener(request);
  }
}
