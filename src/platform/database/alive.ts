const NEVER = '9999-01-01';

/** Rows from before 2026 say "not deleted" with a time in the year 9999 instead of NULL (contract §6). */
export function isAlive({ tmDelete }: { readonly tmDelete: string | null }): boolean {
  return tmDelete === null || tmDelete >= NEVER;
}
