'use strict';
// What an Asterisk needs to read the tables of a database: the files of docs/sip.md, and a login.
const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { replaced, writeDocumentedFiles } = require('./documented-files.cjs');
const { library, shared } = require('./programs.cjs');

const FOLDERS = ['run', 'db', 'log', 'spool', 'keys'];

/** The statements that make the database user of docs/sip.md, with exactly its grants. */
function asteriskUser({ database, name, password }) {
  return [
    `CREATE USER ${name}@'%' IDENTIFIED BY '${password}'`,
    ...['ps_endpoints', 'ps_auths', 'ps_aors'].map((table) => `GRANT SELECT ON ${database}.${table} TO ${name}@'%'`),
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${database}.ps_contacts TO ${name}@'%'`,
  ];
}

function odbcLines({ host, port, database, name, password }) {
  return [
    ['Server = 127.0.0.1', `Server = ${host}`],
    ['Port = 3306', `Port = ${port}`],
    ['Database = asterisk', `Database = ${database}`],
    ['User = asterisk', `User = ${name}`],
    ['Password = secret', `Password = ${password}`],
  ];
}

/**
 * Writes the files. `access` is the login at the database and the port for SIP; `changes` change a file of docs/sip.md;
 * `files` are further ones.
 */
function writeAsteriskFiles(folder, access, { changes = {}, files = {} } = {}) {
  writeDocumentedFiles(folder, {
    'odbcinst.ini': (text) => replaced(text, 'libmaodbc.so', library('odbc/libmaodbc.so')),
    'odbc.ini': (text) => odbcLines(access).reduce((changed, line) => replaced(changed, ...line), text),
    'res_odbc.conf': changes['res_odbc.conf'],
    'extconfig.conf': undefined,
    'sorcery.conf': changes['sorcery.conf'],
    'pjsip.conf': (text) => replaced(text, '127.0.0.1:5070', `127.0.0.1:${access.sipPort}`),
    'modules.conf': changes['modules.conf'],
  });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  for (const entry of FOLDERS) mkdirSync(join(folder, entry));
  const directories = [
    `astetcdir => ${folder}`,
    `astmoddir => ${library('asterisk/modules')}`,
    `astdatadir => ${shared('asterisk')}`,
    `astvarlibdir => ${shared('asterisk')}`,
    ...FOLDERS.map((entry) => `ast${entry}dir => ${join(folder, entry)}`),
  ];
  writeFileSync(join(folder, 'asterisk.conf'), ['[directories]', ...directories, ''].join('\n'));
}

/** The arguments and the environment of an Asterisk in the foreground. */
const asteriskStart = (folder) => ({
  args: ['-C', join(folder, 'asterisk.conf'), '-f', '-n'],
  env: { ODBCINI: join(folder, 'odbc.ini'), ODBCSYSINI: folder },
});

module.exports = { asteriskUser, writeAsteriskFiles, asteriskStart };
