/** What a field of a cached value must be. */
export type FieldKind = 'text' | 'text or null' | 'number' | 'texts';

/** A reply's fields in the wire's order. */
export type Shape<T> = { readonly [Field in keyof T]-?: FieldKind };

const CHECKS: Readonly<Record<FieldKind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  'text or null': (value) => typeof value === 'string' || value === null,
  number: (value) => typeof value === 'number',
  texts: (value) => Array.isArray(value) && value.every((entry) => typeof entry === 'string'),
};

/**
 * A cached value as a reply, its fields in the shape's order and no others; `undefined` when a field is missing or is
 * something else. The keys are shared with the original and with whoever else writes to that Redis.
 */
export function readShape<T extends object>(cached: unknown, shape: Shape<T>): T | undefined {
  if (typeof cached !== 'object' || cached === null) return undefined;
  const found: Record<string, unknown> = {};
  for (const [field, kind] of Object.entries<FieldKind>(shape)) {
    const value = Object.hasOwn(cached, field) ? (cached as Record<string, unknown>)[field] : undefined;
    if (!CHECKS[kind](value)) return undefined;
    found[field] = value;
  }
  return found as T;
}
