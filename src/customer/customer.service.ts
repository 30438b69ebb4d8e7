import { Injectable } from '@nestjs/common';
import { ExtensionReader } from '../extension/extension.reader';
import { ExtensionWriter } from '../extension/extension.writer';
import { Log } from '../platform/observability/log/logger';
import { TrunkReader } from '../trunk/trunk.reader';
import { TrunkWriter } from '../trunk/trunk.writer';
import { CascadeIncomplete } from './cascade-failures';
import { OwnedRemoval } from './owned-removal';

/** Deletes everything that a deleted customer owned. */
@Injectable()
export class CustomerService {
  constructor(
    private readonly extensions: ExtensionReader,
    private readonly extensionWriter: ExtensionWriter,
    private readonly trunks: TrunkReader,
    private readonly trunkWriter: TrunkWriter,
    private readonly removal: OwnedRemoval,
    private readonly log: Log,
  ) {}

  /** Idempotent. Throws {@link CascadeIncomplete} after it has tried every resource, or as many as an outage allows. */
  async removeAll(customerId: string): Promise<void> {
    const trunks = await this.removal.removeAll(customerId, this.trunks, this.trunkWriter);
    const extensions = await this.removal.removeAll(customerId, this.extensions, this.extensionWriter);
    const failed = trunks.failures.count + extensions.failures.count;
    this.log.info('Deleted the resources of a deleted customer', {
      customer_id: customerId,
      trunks: trunks.done,
      extensions: extensions.done,
      failed,
    });
    const errors = [...trunks.failures.examples, ...extensions.failures.examples];
    if (failed > 0) throw new CascadeIncomplete(errors, `${failed} could not be deleted`);
  }
}
