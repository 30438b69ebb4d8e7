import { Global, Module } from '@nestjs/common';
import { Milestones, NoMilestones } from './milestones';

@Global()
@Module({ providers: [{ provide: Milestones, useClass: NoMilestones }], exports: [Milestones] })
export class MilestonesModule {}
