import { Module } from '@nestjs/common';
import { ReconcileModule } from './reconcile.module';
import { ReconcileSchedule } from './reconcile.schedule';
import { RepairQueue } from './repair.queue';

/** What the service does by itself: repairs at start, from time to time, and after a change with an uncertain outcome. */
@Module({
  imports: [ReconcileModule],
  providers: [ReconcileSchedule, RepairQueue],
})
export class ReconcileScheduleModule {}
