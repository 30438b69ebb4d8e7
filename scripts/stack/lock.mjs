// A lock file: one holder at a time across processes. The lock of a dead holder is removed.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { birthOf, isAlive, waitFor } from './process.mjs';

function tryTake(file) {
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid, birth: birthOf(process.pid) }), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

function holderOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // just removed, or just being written
  }
}

function passOver(file, holder) {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // another process was faster
  }
  const moved = holderOf(aside);
  if (moved && (moved.pid !== holder.pid || moved.birth !== holder.birth)) renameSync(aside, file);
  else rmSync(aside, { force: true });
}

export async function withLock(file, work, { timeoutMs = 180_000 } = {}) {
  mkdirSync(dirname(file), { recursive: true });
  const taken = await waitFor(
    () => {
      if (tryTake(file)) return true;
      const holder = holderOf(file);
      if (holder && !isAlive(holder)) passOver(file, holder);
      return false;
    },
    { timeoutMs, intervalMs: 50 },
  );
  if (!taken) throw new Error(`${file} is held by process ${holderOf(file)?.pid ?? 'unknown'} for too long`);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
