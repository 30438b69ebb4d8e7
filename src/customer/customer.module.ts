import { Module } from '@nestjs/common';
import { ExtensionModule } from '../extension/extension.module';
import { TrunkModule } from '../trunk/trunk.module';
import { CascadePace } from './cascade-pace';
import { CustomerService } from './customer.service';
import { CustomerSubscriber } from './customer.subscriber';

@Module({ imports: [ExtensionModule, TrunkModule], providers: [CascadePace, CustomerService, CustomerSubscriber] })
export class CustomerModule {}
