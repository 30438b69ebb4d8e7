/** Rows from before 2026 say "not deleted" with a time in the year 9999 instead of NULL (contract §6). */
const NEVER = '9999-01-01';

/** Conditions on the alias `r`; a living record meets one of them. */
export const ALIVE_FORMS = ['r.tm_delete IS NULL', `r.tm_delete >= '${NEVER}'`] as const;

/** A condition on the alias `r`. */
export const ALIVE = `(${ALIVE_FORMS.join(' OR ')})`;

/** False also when there is no record. */
export function isAlive<T extends { readonly tmDelete: string | null }>(record: T | null): record is T {
  return record !== null && (record.tmDelete === null || record.tmDelete >= NEVER);
}
