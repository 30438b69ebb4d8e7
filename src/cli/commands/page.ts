import { customerId, DEFAULT_LIMIT, domain, limit, token, username, type Values } from '../options';
import type { Session } from '../session';
import { UsageError } from '../terminal/exit-code';

/** The options of commands that list a customer's resources, newest first. */
export const PAGE = { customerId, domain, username, limit, token };

/** The same list request as a list route makes. */
export async function pageOf(
  { prompt }: Session,
  options: Values<typeof PAGE>,
  filters: Readonly<Record<string, string | undefined>>,
) {
  const { parsePageToken } = await import('../../platform/wire/list-request.js');
  const before = parsePageToken(options.token);
  if (before === 'invalid') throw new UsageError(['--token must be a time such as a tm_create']);
  const given = {
    customer_id: await prompt.require(customerId, options.customerId),
    deleted: false,
    domain_name: options.domain,
    username: options.username,
    ...filters,
  };
  return {
    limit: options.limit ?? DEFAULT_LIMIT,
    before,
    filters: new Map(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
  };
}

export function tellNextPage(
  { terminal }: Session,
  rows: readonly { readonly tm_create: string | null }[],
  pageSize: number,
): void {
  const next = rows.at(-1)?.tm_create;
  if (!terminal.showsResults || rows.length < pageSize || next == null) return;
  terminal.say(`There may be more: --token ${next}`);
}
