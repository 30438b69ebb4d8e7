import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Database } from './database';

/** The platform's database: records, trunks, what Kamailio reads, the outbox. The truth. */
@Injectable()
export class BinDatabase extends Database {
  constructor(@InjectDataSource('bin') dataSource: DataSource) {
    super('bin', dataSource);
  }
}

/** Asterisk's realtime database: the projection that lets phones in. */
@Injectable()
export class AsteriskDatabase extends Database {
  constructor(@InjectDataSource('asterisk') dataSource: DataSource) {
    super('asterisk', dataSource);
  }
}
