#!/usr/bin/env node
// The private stack of this clone: MariaDB, Redis and RabbitMQ on ports and in folders of their own.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LONE_RUN, environmentOf } from './stack/environment.mjs';
import * as lifecycle from './stack/lifecycle.mjs';

const USAGE = `Usage: node scripts/stack.mjs COMMAND [--dir FOLDER] [--json]

  up [--only mariadb,redis,rabbitmq] [--profile test]   start what does not run yet, and wait until it answers
  down [--discard]                                      stop all; --discard also removes the data
  status                                                ports, process numbers, whether alive
  start SERVICE | stop SERVICE | kill SERVICE           one server; kill is SIGKILL
  env                                                   the variables for the service, to be eval'ed by a shell

FOLDER is .stack in this clone by default. The profile "test" is cheaper on disk syncs.`;

function parse() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dir: { type: 'string' },
      json: { type: 'boolean', default: false },
      only: { type: 'string' },
      profile: { type: 'string' },
      discard: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const dir = values.dir ? resolve(values.dir) : fileURLToPath(new URL('../.stack', import.meta.url));
  return { ...values, dir, command: positionals[0], name: positionals[1] ?? '' };
}

const shell = (variables) =>
  Object.entries(variables)
    .map(([key, value]) => `export ${key}='${value}'`)
    .join('\n');

const table = (status) =>
  Object.entries(status)
    .map(([name, { alive, pid, host, port }]) => `${name.padEnd(9)} ${alive ? `pid ${pid}` : 'down'}  ${host}:${port}`)
    .join('\n') || 'there is no stack here';

async function run({ command, name, dir, only, profile, discard }) {
  const say = (line) => process.stderr.write(`${line}\n`);
  switch (command) {
    case 'up':
      return lifecycle.up(dir, { ...(only ? { only: only.split(',') } : {}), profile, keep: true, say });
    case 'down':
      await lifecycle.down(dir, { discard });
      return lifecycle.status(dir);
    case 'status':
    case 'env':
      return lifecycle.status(dir);
    case 'start':
      return lifecycle.startService(dir, name);
    case 'stop':
      return lifecycle.stopService(dir, name);
    case 'kill':
      return lifecycle.killService(dir, name);
    default:
      return null;
  }
}

try {
  const options = parse();
  const status = options.help ? null : await run(options);
  if (!status) {
    process.stderr.write(`${USAGE}\n`);
    process.exitCode = options.help ? 0 : 2;
  } else {
    const isEnv = options.command === 'env';
    const data = isEnv ? { ...environmentOf(status), ...LONE_RUN } : status;
    const text = isEnv ? shell(data) : table(data);
    process.stdout.write(`${options.json ? JSON.stringify(data) : text}\n`);
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
