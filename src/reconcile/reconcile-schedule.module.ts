import { Module } from '@nestjs/common';
import { ReconcileModule } from './reconcile.module';
import { ReconcileSchedule } from './reconcile.schedule';
import { RepairQueue } from './repair.queue';

/** Starts repairs: at start, at intervals, and after a change with an uncertain outcome. */
@Module({
  imports: [ReconcileModule],
  providers: [ReconcileSchedule, RepairQueue],
})
export class ReconcileScheduleModule {}
