import { Global, Module } from '@nestjs/common';
import { RepairRequests } from './repair-requests';

@Global()
@Module({ providers: [RepairRequests], exports: [RepairRequests] })
export class RepairsModule {}
