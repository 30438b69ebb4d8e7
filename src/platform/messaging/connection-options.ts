/** Socket options of every connection to the broker. Without `noDelay` a lone RPC takes 44 ms instead of 1 ms (Nagle). */
export function connectionOptions(): { noDelay: true; timeout: number; keepAlive: true } {
  return { noDelay: true, timeout: 5_000, keepAlive: true };
}
