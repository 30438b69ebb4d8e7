/**
 * The keys that were added last: at least `count` of them, at most twice as many, none for longer than `keepMs`. Two
 * halves take turns, because to look for the oldest key of one map takes longer the more keys were deleted from it.
 */
export class RecentKeys {
  /** When each may be forgotten. */
  private young = new Map<string, number>();
  private old = new Map<string, number>();

  constructor(
    private readonly count: number,
    private readonly keepMs: number,
  ) {}

  add(key: string, now = Date.now()): void {
    this.young.set(key, now + this.keepMs);
    if (this.young.size < this.count) return;
    this.old = this.young;
    this.young = new Map();
  }

  has(key: string, now = Date.now()): boolean {
    return (this.young.get(key) ?? this.old.get(key) ?? 0) > now;
  }
}
