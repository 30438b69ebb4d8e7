import { Injectable } from '@nestjs/common';

export type RepairKind = 'extension' | 'trunk';

/** A resource whose last change ended in the middle: truth and projection may disagree. */
export interface RepairRequest {
  readonly kind: RepairKind;
  readonly id: string;
}

/** Where a feature says that a change ended half way; reconcile listens and settles it. */
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
