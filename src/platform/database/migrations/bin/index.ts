import { BinTables1763800000001 } from './001-bin-tables';
import { BinAdditions1763800000002 } from './002-bin-additions';
import { BinAliveKeys1763800000003 } from './003-bin-alive-keys';

export const BIN_MIGRATIONS = [BinTables1763800000001, BinAdditions1763800000002, BinAliveKeys1763800000003];
