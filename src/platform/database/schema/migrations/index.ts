export { ASTERISK_MIGRATIONS } from './asterisk';
export { BIN_MIGRATIONS } from './bin';

export const MIGRATIONS_TABLE = 'registrar_migrations';
