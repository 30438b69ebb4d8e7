// The account of a server. Root starts it under the account of its package, if that account can reach the folder.
import { lstatSync, readFileSync, readdirSync, lchownSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const isRoot = () => process.getuid?.() === 0;

function reachable(folder) {
  for (let path = folder; ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

export function accountFor(name, folder) {
  if (!isRoot() || !reachable(folder)) return null;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (!line) return null;
  const [, , uid, gid] = line.split(':');
  return { name, uid: Number(uid), gid: Number(gid) };
}

export function giveTo(account, path) {
  if (!account) return;
  lchownSync(path, account.uid, account.gid);
  if (lstatSync(path).isDirectory()) for (const entry of readdirSync(path)) giveTo(account, join(path, entry));
}
