import { Module } from '@nestjs/common';
import { BillingClient } from './billing.client';
import { DirectClient } from './direct.client';

@Module({ providers: [BillingClient, DirectClient], exports: [BillingClient, DirectClient] })
export class ClientsModule {}
