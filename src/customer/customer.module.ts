import { Module } from '@nestjs/common';
import { ExtensionModule } from '../extension/extension.module';
import { TrunkModule } from '../trunk/trunk.module';
import { CustomerService } from './customer.service';
import { OwnedRemoval } from './owned-removal';
import { CustomerSubscriber } from './customer.subscriber';

@Module({ imports: [ExtensionModule, TrunkModule], providers: [CustomerService, CustomerSubscriber, OwnedRemoval] })
export class CustomerModule {}
