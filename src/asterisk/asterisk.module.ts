import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AsteriskContacts } from './asterisk.contacts';
import { AsteriskRepository } from './asterisk.repository';
import { AsteriskRows } from './asterisk.rows';
import { AsteriskSecrets } from './asterisk.secrets';
import { AsteriskService } from './asterisk.service';
import { PsAorEntity } from './entities/ps-aor.entity';
import { PsAuthEntity } from './entities/ps-auth.entity';
import { PsEndpointEntity } from './entities/ps-endpoint.entity';

@Module({
  imports: [TypeOrmModule.forFeature([PsAorEntity, PsAuthEntity, PsEndpointEntity], 'asterisk')],
  providers: [AsteriskContacts, AsteriskRepository, AsteriskRows, AsteriskSecrets, AsteriskService],
  exports: [AsteriskContacts, AsteriskService],
})
export class AsteriskModule {}
