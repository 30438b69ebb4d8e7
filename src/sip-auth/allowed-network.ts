// The blanks are those of ASCII: after any other one Kamailio reads the mask 0.
const MASKED = /^[^/]+\/[ \t\n\v\f\r]*\+?([0-9]{1,3})[ \t\n\v\f\r]*$/;
const EVERY_ADDRESS = /^\s*(?:0\.0\.0\.0|::)\//;

/**
 * True unless Kamailio reads the entry as a wider network than its text says. Kamailio reads a mask up to the first
 * character that is no digit, so `203.0.113.7/`, `/abc` and `/0x18` become mask 0, every address. The original stored
 * such texts. Mask 0 is accepted only with the addresses `0.0.0.0` and `::`.
 */
export function isReadAsMeant(entry: string): boolean {
  if (!entry.includes('/')) return true;
  const mask = MASKED.exec(entry)?.[1];
  return mask !== undefined && (Number(mask) > 0 || EVERY_ADDRESS.test(entry));
}
