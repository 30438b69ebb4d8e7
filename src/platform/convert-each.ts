/**
 * Converts each element, and keeps the array. The promises of a request that waited for its rows are old, and each would
 * keep its own copy of a page until the next full collection (docs/performance.md, "Why a page is emptied").
 */
export function convertEach<A, B>(items: A[], convert: (item: A) => B): B[] {
  const converted = items as unknown as B[];
  items.forEach((item, at) => (converted[at] = convert(item)));
  return converted;
}
