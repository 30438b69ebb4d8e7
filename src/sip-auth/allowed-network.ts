const MASKED = /^[^/]+\/\s*\+?([0-9]{1,3})\s*$/;
const EVERY_ADDRESS = /^\s*(?:0\.0\.0\.0|::)\//;

/**
 * Whether Kamailio takes an entry for no more than it says. It reads a mask up to the first character that is no digit, so
 * `203.0.113.7/`, `/abc` and `/0x18` are mask 0: everybody. The original stored such texts; only `0.0.0.0/0` means it.
 */
export function isReadAsMeant(entry: string): boolean {
  if (!entry.includes('/')) return true;
  const mask = MASKED.exec(entry)?.[1];
  return mask !== undefined && (Number(mask) > 0 || EVERY_ADDRESS.test(entry));
}
