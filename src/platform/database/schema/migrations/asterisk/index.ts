import { AsteriskTables1763800000001 } from './001-asterisk-tables';
import { AsteriskAdditions1763800000002 } from './002-asterisk-additions';
import { AsteriskUniqueIds1763800000003 } from './003-asterisk-unique-ids';

export const ASTERISK_MIGRATIONS = [
  AsteriskTables1763800000001,
  AsteriskAdditions1763800000002,
  AsteriskUniqueIds1763800000003,
];
