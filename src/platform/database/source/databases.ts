import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config } from '../../config/config';
import { Database } from './database';
import { parseDsn } from './dsn';

/** The platform's database: records, trunks, what Kamailio reads, the outbox. The truth. */
@Injectable()
export class BinDatabase extends Database {
  constructor(@InjectDataSource('bin') dataSource: DataSource, config: Config) {
    super('bin', dataSource, parseDsn(config.databaseDsnBin));
  }
}

/** Asterisk's realtime database: the projection that lets phones in. */
@Injectable()
export class AsteriskDatabase extends Database {
  constructor(@InjectDataSource('asterisk') dataSource: DataSource, config: Config) {
    super('asterisk', dataSource, parseDsn(config.databaseDsnAsterisk));
  }
}
