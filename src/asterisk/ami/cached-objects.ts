import { isAmiText, type AmiMessage, fieldOf } from './ami-message';
import { isSuccess, refusalOf, type AmiConnection } from './ami-connection';

export const CACHED_PARTS = ['endpoint', 'auth', 'aor'] as const;
type Part = (typeof CACHED_PARTS)[number];

/** The ids of a login in the caches of Asterisk; a part is absent when it did not change. */
export type CachedLogin = Readonly<Partial<Record<Part, string>>>;

const IDS_MAX = 5_000;
/** Asterisk takes lines of at most 1,024 bytes. */
const ID_BYTES_MAX = 900;
/** The object or the cache is not there, or Asterisk has no module for caches: there is nothing to forget. */
const NOTHING_THERE = /could not be expired|does not exist|unknown command/i;

/** Objects that Asterisk must forget: single ones, or all of a cache. What it holds is bounded. */
export class CachedObjects {
  private readonly ids = { endpoint: new Set<string>(), auth: new Set<string>(), aor: new Set<string>() };
  private readonly whole = new Set<Part>();

  static of(logins: readonly CachedLogin[]): CachedObjects {
    const objects = new CachedObjects();
    for (const login of logins) objects.add(login);
    return objects;
  }

  get isEmpty(): boolean {
    return this.whole.size === 0 && CACHED_PARTS.every((part) => this.ids[part].size === 0);
  }

  /** Instead of an id that no action can carry, and of too many ids, takes the whole cache. */
  add(login: CachedLogin): void {
    for (const part of CACHED_PARTS) {
      const id = login[part];
      if (id === undefined || this.whole.has(part)) continue;
      const isSendable = isAmiText(id) && Buffer.byteLength(id) <= ID_BYTES_MAX;
      if (isSendable && this.ids[part].size < IDS_MAX) this.ids[part].add(id);
      else this.addWhole(part);
    }
  }

  addEverything(): void {
    for (const part of CACHED_PARTS) this.addWhole(part);
  }

  addAll(other: CachedObjects): void {
    for (const part of CACHED_PARTS) {
      if (other.whole.has(part)) this.addWhole(part);
      for (const id of other.ids[part]) this.add({ [part]: id });
    }
  }

  /** Has Asterisk forget them. The endpoint first: without its auth it lets nobody in. Throws `AmiFailure`. */
  async expire(connection: AmiConnection): Promise<void> {
    await Promise.all(CACHED_PARTS.map((part) => this.expirePart(connection, part)));
  }

  /** A cache with `full_backend_cache` refuses single objects, and can only be expired as a whole. */
  private async expirePart(connection: AmiConnection, part: Part): Promise<void> {
    const cache = cacheOf(part);
    if (!this.whole.has(part)) {
      const asked = [...this.ids[part]].map((id) => expireObject(connection, part, id));
      if ((await Promise.all(asked)).every(isForgotten)) return;
    }
    const answer = await connection.send('SorceryMemoryCacheExpire', [['Cache', cache]]);
    if (!isForgotten(answer)) throw refusalOf(answer);
  }

  private addWhole(part: Part): void {
    this.whole.add(part);
    this.ids[part].clear();
  }
}

/** The caches that an Asterisk has. Throws `AmiFailure` when it would not take a request to forget. */
export async function findCaches(connection: AmiConnection): Promise<Part[]> {
  const found: Part[] = [];
  for (const part of CACHED_PARTS) {
    const answer = await expireObject(connection, part, 'registrar-manager-looks-for-this-cache');
    const isThere = /could not be expired|full backend/i.test(fieldOf(answer, 'Message'));
    if (isThere) found.push(part);
    else if (!isForgotten(answer)) throw refusalOf(answer);
  }
  return found;
}

function expireObject(connection: AmiConnection, part: Part, id: string): Promise<AmiMessage> {
  return connection.send('SorceryMemoryCacheExpireObject', [
    ['Cache', cacheOf(part)],
    ['Object', id],
  ]);
}

function cacheOf(part: Part): string {
  return `res_pjsip/${part}`;
}

function isForgotten(answer: AmiMessage): boolean {
  return isSuccess(answer) || NOTHING_THERE.test(fieldOf(answer, 'Message'));
}
