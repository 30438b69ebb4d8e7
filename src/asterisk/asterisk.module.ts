import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AsteriskNodes } from './ami/asterisk-nodes';
import { AsteriskContacts } from './asterisk.contacts';
import { AsteriskRepository } from './asterisk.repository';
import { AsteriskRows } from './asterisk.rows';
import { AsteriskSecrets } from './asterisk.secrets';
import { AsteriskService } from './asterisk.service';
import { AsteriskWholeRows } from './asterisk.whole-rows';
import { PsAorEntity } from './entities/ps-aor.entity';
import { PsAuthEntity } from './entities/ps-auth.entity';
import { PsEndpointEntity } from './entities/ps-endpoint.entity';
import { NewRows } from './new-rows';

@Module({
  imports: [TypeOrmModule.forFeature([PsAorEntity, PsAuthEntity, PsEndpointEntity], 'asterisk')],
  providers: [
    AsteriskContacts,
    AsteriskNodes,
    AsteriskRepository,
    AsteriskRows,
    AsteriskSecrets,
    AsteriskService,
    AsteriskWholeRows,
    NewRows,
  ],
  exports: [AsteriskContacts, AsteriskNodes, AsteriskService, AsteriskWholeRows],
})
export class AsteriskModule {}
