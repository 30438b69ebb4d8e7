// Registered phones, as Asterisk writes them.
import { createConnection } from 'mysql2/promise';
import { databases } from '../stack/mariadb.mjs';

const LIFE_SECONDS = 86_400;

export const databaseOptions = ({ mariadb: { host, port, user, password } }) => ({ host, port, user, password });

/** Registers a phone for each extension of the customer. */
export async function insertContacts(status, { made }) {
  const connection = await createConnection({ ...databaseOptions(status), database: databases[1] });
  const expiration = Math.floor(Date.now() / 1_000) + LIFE_SECONDS;
  const rows = made.map(({ endpoint_id: endpoint, extension }) => [
    `${endpoint}^3B@5d41402abc4b2a76b9719d911017c592`,
    `sip:${extension}@203.0.113.9:5060^3Btransport=udp`,
    expiration,
    'Softphone/1',
    endpoint,
  ]);
  await connection.query('INSERT INTO ps_contacts (id, uri, expiration_time, user_agent, endpoint) VALUES ?', [rows]);
  await connection.end();
}
