import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ClientsModule } from '../clients/clients.module';
import { SipAuthModule } from '../sip-auth/sip-auth.module';
import { TrunkController } from './trunk.controller';
import { TrunkEntity } from './trunk.entity';
import { TrunkRepository } from './trunk.repository';
import { TrunkService } from './trunk.service';

@Module({
  imports: [TypeOrmModule.forFeature([TrunkEntity], 'bin'), SipAuthModule, ClientsModule],
  controllers: [TrunkController],
  providers: [TrunkRepository, TrunkService],
  exports: [TrunkService],
})
export class TrunkModule {}
