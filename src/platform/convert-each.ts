/**
 * Converts each element, and keeps the array. What a request waits with is old when its rows come, and an old promise
 * would keep each step's copy of a page until the next full collection (docs/performance.md).
 */
export function convertEach<A, B>(items: A[], convert: (item: A) => B): B[] {
  const converted = items as unknown as B[];
  items.forEach((item, at) => (converted[at] = convert(item)));
  return converted;
}
