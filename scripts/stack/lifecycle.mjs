// Starts and stops the stack of one folder, whole or server by server.
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as compose from './compose.mjs';
import { ensureInstalled } from './install.mjs';
import { withLock } from './lock.mjs';
import * as mariadb from './mariadb.mjs';
import { freePort, isFree } from './ports.mjs';
import { identify, isAlive, killHard, logTail, terminate, waitFor } from './process.mjs';
import * as rabbitmq from './rabbitmq.mjs';
import * as redis from './redis.mjs';
import { newState, readState, writeState } from './state.mjs';

export const services = { mariadb, redis, rabbitmq };
export const serviceNames = Object.keys(services);

const locked = (dir, work) => withLock(join(dir, 'lock'), work);
const logOf = (dir, name) => join(dir, 'logs', `${name}.log`);
const takenPorts = (state) => Object.values(state.services).flatMap(({ ports }) => Object.values(ports ?? {}));

async function assignPorts(state, service, { mayChange }) {
  const entry = (state.services[service.name] ??= { ports: {} });
  for (const key of service.portNames) {
    const port = entry.ports[key];
    if (key === 'mapperPort' && isAlive(entry.helper)) continue;
    // A server that has just ended may hold its port for a moment.
    if (port !== undefined && (await waitFor(() => isFree(port), { timeoutMs: 3_000 }))) continue;
    if (port !== undefined && !mayChange)
      throw new Error(`port ${port} of ${service.name} is taken by another program`);
    entry.ports[key] = await freePort(takenPorts(state));
  }
  return entry;
}

const settingsOf = (dir, state, service) =>
  service.settings(dir, { password: state.password, ...state.services[service.name].ports });

/** Starts a server unless it runs already, and waits until it answers in its own protocol. */
async function startOne(dir, state, service) {
  if (isAlive(state.services[service.name]?.process)) return;
  const entry = await assignPorts(state, service, { mayChange: false });
  const logFile = logOf(dir, service.name);
  const settings = settingsOf(dir, state, service);
  const started = await service.launch({ dir, settings, profile: state.profile, logFile, helper: entry.helper });
  const launcher = identify(started.pid);
  if (started.helper) entry.helper = started.helper;
  entry.process = launcher;
  writeState(dir, state);
  const isUp = await waitFor(started.isUp, { timeoutMs: service.startTimeoutMs, abort: () => !isAlive(launcher) });
  if (isUp) {
    entry.process = identify(started.realPid() ?? started.pid);
    writeState(dir, state);
    return;
  }
  const how = isAlive(launcher) ? `did not answer within ${service.startTimeoutMs / 1000} s` : 'ended at once';
  await killHard(identify(started.realPid() ?? started.pid));
  await killHard(launcher);
  throw new Error(`${service.name} ${how}; the end of ${logFile}:\n${logTail(logFile)}`);
}

async function stopOne(dir, state, service, { hard = false } = {}) {
  const entry = state.services[service.name];
  if (hard) await killHard(entry?.process);
  else await terminate(entry?.process, { timeoutMs: service.stopTimeoutMs });
}

async function endHelpers(state) {
  for (const service of Object.values(services)) {
    const { helper, ports } = state.services[service.name] ?? {};
    if (helper) await service.endHelper(helper, ports);
  }
}

function pick(name) {
  const service = services[name];
  if (!service) throw new Error(`unknown server "${name}"; there are ${serviceNames.join(', ')}`);
  return service;
}

async function each(names, work) {
  const outcomes = await Promise.allSettled(names.map((name) => work(pick(name))));
  const failed = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.message);
  if (failed.length > 0) throw new Error(failed.join('\n\n'));
}

function requireState(dir) {
  const state = readState(dir);
  if (!state) throw new Error(`there is no stack in ${dir}; "up" makes one`);
  return state;
}

/** `say` gets a line before a step that takes long, such as an installation. */
export async function up(dir, { only = serviceNames, profile, keep = false, say = () => {} } = {}) {
  only.forEach(pick);
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  chmodSync(dir, 0o711); // the servers' own accounts pass through it to their folders
  mkdirSync(join(dir, 'logs'), { recursive: true });
  return locked(dir, async () => {
    const state = readState(dir) ?? newState(profile ?? 'local');
    if (profile) state.profile = profile;
    if (keep) state.keep = true;
    // A stack in containers stays in containers, even if packages have been installed since.
    if (state.engine !== 'compose') state.engine = await ensureInstalled(only.map(pick), say);
    if (state.engine === 'compose')
      await compose.up(dir, state, only, (service) => assignPorts(state, service, { mayChange: true }));
    else {
      // One after the other, so that two servers do not get the same port.
      for (const name of only)
        if (!isAlive(state.services[name]?.process)) await assignPorts(state, pick(name), { mayChange: true });
      writeState(dir, state);
      await each(only, (service) => startOne(dir, state, service));
    }
    writeState(dir, state);
    return statusOf(dir, state);
  });
}

/** `discard` kills the servers and removes their data; the logs stay. */
export async function down(dir, { discard = false } = {}) {
  if (!readState(dir)) return;
  await locked(dir, async () => {
    const state = requireState(dir);
    if (state.engine === 'compose') await compose.down(dir, state, { discard });
    else {
      await each(Object.keys(state.services), (service) => stopOne(dir, state, service, { hard: discard }));
      await endHelpers(state);
    }
    delete state.keep;
    writeState(dir, state);
    if (discard)
      for (const name of [...serviceNames, 'state.json'])
        rmSync(join(dir, name), { recursive: true, force: true, maxRetries: 10 });
  });
}

export const startService = (dir, name) =>
  locked(dir, async () => {
    const state = requireState(dir);
    if (state.engine === 'compose') compose.act(dir, state, 'start', pick(name).name);
    else await startOne(dir, state, pick(name));
    return statusOf(dir, state);
  });

const endService = (dir, name, hard) =>
  locked(dir, async () => {
    const state = requireState(dir);
    if (state.engine === 'compose') compose.act(dir, state, hard ? 'kill' : 'stop', pick(name).name);
    else await stopOne(dir, state, pick(name), { hard });
    return statusOf(dir, state);
  });

export const stopService = (dir, name) => endService(dir, name, false);
export const killService = (dir, name) => endService(dir, name, true);

const nativeProcess = ({ process }) => ({ pid: process?.pid, alive: isAlive(process) });

function statusOf(dir, state) {
  const found = Object.keys(state.services).map((name) => {
    const service = services[name];
    const entry = state.services[name];
    const { pid, alive } = state.engine === 'compose' ? compose.processOf(dir, state, name) : nativeProcess(entry);
    const shown = { ...settingsOf(dir, state, service), pid: alive ? pid : null, alive, log: logOf(dir, name) };
    if (name === 'redis') delete shown.password;
    return [name, shown];
  });
  return Object.fromEntries(found);
}

export const status = (dir) => statusOf(dir, readState(dir) ?? newState('local'));
