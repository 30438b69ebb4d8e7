import { Global, Module } from '@nestjs/common';
import { RepairRequests } from './repair-requests';
import { Saving } from './saving';
import { UncertainOutcomes } from './uncertain-outcomes';

@Global()
@Module({ providers: [RepairRequests, Saving, UncertainOutcomes], exports: [RepairRequests, Saving] })
export class SavingModule {}
