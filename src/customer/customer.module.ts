import { Module } from '@nestjs/common';
import { ExtensionModule } from '../extension/extension.module';
import { TrunkModule } from '../trunk/trunk.module';
import { CustomerService } from './customer.service';
import { CustomerSubscriber } from './customer.subscriber';

@Module({ imports: [ExtensionModule, TrunkModule], providers: [CustomerService, CustomerSubscriber] })
export class CustomerModule {}
