import { BinTables1763800000001 } from './001-bin-tables';
import { BinAdditions1763800000002 } from './002-bin-additions';
import { BinAliveKeys1763800000003 } from './003-bin-alive-keys';
import { BinUniqueIds1763800000004 } from './004-bin-unique-ids';

export const BIN_MIGRATIONS = [
  BinTables1763800000001,
  BinAdditions1763800000002,
  BinAliveKeys1763800000003,
  BinUniqueIds1763800000004,
];
