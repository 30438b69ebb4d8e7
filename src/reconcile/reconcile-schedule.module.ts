import { Module } from '@nestjs/common';
import { ExtensionModule } from '../extension/extension.module';
import { TrunkModule } from '../trunk/trunk.module';
import { ReconcileModule } from './reconcile.module';
import { ReconcileSchedule } from './reconcile.schedule';
import { RepairQueue } from './repair.queue';

/** What the service does by itself: repairs at start, from time to time, and after a change with an uncertain outcome. */
@Module({
  imports: [ReconcileModule, ExtensionModule, TrunkModule],
  providers: [ReconcileSchedule, RepairQueue],
})
export class ReconcileScheduleModule {}
