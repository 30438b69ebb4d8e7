// Loaded into the measured service: on request, sends the files that ran since the last request, and each statement
// with its values, its connection and its stack.
'use strict';
const { Session } = require('node:inspector');
const { sep } = require('node:path');
const { pathToFileURL } = require('node:url');

Error.stackTraceLimit = 200;
const dist = process.env.MEASURED_DIST + sep;
const prefix = pathToFileURL(dist).href;
const session = new Session();
session.connect();

let coverage = [];
const ask = (method, parameters) =>
  session.post(method, parameters, (error, answer) => {
    if (error) throw new Error(error.message);
    coverage = answer?.result ?? [];
  });
ask('Profiler.enable');
ask('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

let stacks = [];
const { Connection } = require(require.resolve('mysql2', { paths: [dist] }));
for (const name of ['query', 'execute']) {
  const original = Connection.prototype[name];
  Connection.prototype[name] = function (sql, ...rest) {
    const text = typeof sql === 'string' ? sql : (sql.sql ?? '');
    const values = sql.values ?? (Array.isArray(rest[0]) ? rest[0] : []);
    const lines = (new Error('stack').stack ?? '').split('\n').slice(2);
    const { threadId: connection, config } = this;
    stacks.push({ text, values, method: name, connection, database: config.database, lines });
    return original.call(this, sql, ...rest);
  };
}

/** A function that ran. The function at offset 0 is the file itself, which runs when it is loaded. */
const hasRun = ({ ranges: [range] }) => range.startOffset > 0 && range.count > 0;
const files = () =>
  coverage
    .filter(({ url, functions }) => url.startsWith(prefix) && functions.some(hasRun))
    .map(({ url }) => url.slice(prefix.length));

process.on('message', () => {
  ask('Profiler.takePreciseCoverage');
  process.send({ files: files(), stacks });
  stacks = [];
});
// An interrupted measurement leaves no service running.
process.once('disconnect', () => process.exit());
