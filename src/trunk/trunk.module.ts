import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ClientsModule } from '../clients/clients.module';
import { SipAuthModule } from '../sip-auth/sip-auth.module';
import { TrunkController } from './trunk.controller';
import { TrunkEntity } from './trunk.entity';
import { TrunkLogin } from './trunk.login';
import { TrunkReader } from './trunk.reader';
import { TrunkRepository } from './trunk.repository';
import { TrunkWriter } from './trunk.writer';

@Module({
  imports: [TypeOrmModule.forFeature([TrunkEntity], 'bin'), SipAuthModule, ClientsModule],
  controllers: [TrunkController],
  providers: [TrunkLogin, TrunkReader, TrunkRepository, TrunkWriter],
  exports: [TrunkLogin, TrunkReader, TrunkWriter],
})
export class TrunkModule {}
