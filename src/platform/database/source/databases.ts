import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config } from '../../config/config';
import { Database } from './database';
import { parseDsn } from './dsn';

/** The platform's database: the records, the rows for Kamailio and the outbox. */
@Injectable()
export class BinDatabase extends Database {
  constructor(@InjectDataSource('bin') dataSource: DataSource, config: Config) {
    super('bin', dataSource, parseDsn(config.databaseDsnBin));
  }
}

/** Asterisk's realtime database: the logins, a projection of the records, and the contacts. */
@Injectable()
export class AsteriskDatabase extends Database {
  constructor(@InjectDataSource('asterisk') dataSource: DataSource, config: Config) {
    super('asterisk', dataSource, parseDsn(config.databaseDsnAsterisk));
  }
}
