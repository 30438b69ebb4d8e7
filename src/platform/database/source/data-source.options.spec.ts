import { eachRow } from '../../../../test/support/each-row';
import { dataSourceOptions } from './data-source.options';
import { parseDsn } from './dsn';

const optionsOf = (parameters: string): unknown => dataSourceOptions('bin', parseDsn(`u:p@/db?${parameters}`), 4);

eachRow([
  ['', { charset: 'utf8mb4', connectTimeout: 2_000 }],
  ['timeout=7s', { connectTimeout: 7_000 }],
  ['timeout=0', { connectTimeout: 2_000 }],
  ['charset=utf8&collation=utf8_general_ci', { charset: 'utf8mb4' }],
  ['collation=utf8mb4_bin', { charset: 'utf8mb4' }],
  ['allowCleartextPasswords=true', { extra: { enableCleartextPlugin: true } }],
  ['tls=skip-verify', { ssl: { rejectUnauthorized: false, verifyIdentity: false } }],
])('the parameters are what the driver is told', (parameters, expected) =>
  expect(optionsOf(parameters)).toMatchObject(expected),
);
