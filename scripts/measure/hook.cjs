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
let packets = 0;
let isPacked = false;
/** The calls above the hook. */
const callers = () => (new Error('stack').stack ?? '').split('\n').slice(3);
const note = ({ threadId: connection, config }, packet, text, values, method, lines) => {
  stacks.push({ text, values, method, connection, database: config.database, packet, lines });
};

const { Connection } = require(require.resolve('mysql2', { paths: [dist] }));
for (const name of ['query', 'execute']) {
  const original = Connection.prototype[name];
  Connection.prototype[name] = function (sql, ...rest) {
    const text = typeof sql === 'string' ? sql : (sql.sql ?? '');
    const values = sql.values ?? (Array.isArray(rest[0]) ? rest[0] : []);
    if (!isPacked) note(this, ++packets, text, values, name, callers());
    return original.call(this, sql, ...rest);
  };
}

// The statements of a packet, before their values are put into the text. A packet is sent from an empty stack, so the
// stack of a statement is that of the moment in which it was issued.
const { StatementPackets } = require(`${dist}platform/database/source/statement-packets.js`);
const { query, send } = StatementPackets.prototype;
const issued = new WeakMap();
StatementPackets.prototype.query = function (...statement) {
  const result = query.apply(this, statement);
  const last = this.waiting.at(-1);
  if (last !== undefined) issued.set(last, callers());
  return result;
};
StatementPackets.prototype.send = function (packet) {
  packets += 1;
  for (const statement of packet) {
    const { sql, values } = statement;
    note(this.connection, packets, sql, values, 'query', issued.get(statement) ?? []);
  }
  isPacked = true;
  try {
    return send.call(this, packet);
  } finally {
    isPacked = false;
  }
};

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
