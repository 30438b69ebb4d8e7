// The two sizes that are compared. One row of eleven is a deleted record, which leaves the number in `living`.
const WITH_DELETED = 11 / 10;

/** `bigShare`: one record of so many belongs to the big customer. `others`: the other customers share the rest. */
const size = (name, living, { trunks, bigShare, others }) => ({
  name,
  extensions: { rows: Math.round(living * WITH_DELETED), bigShare, others },
  trunks: { rows: Math.round(trunks * WITH_DELETED), bigShare, others },
});

// In both sizes a usual customer has 50 living extensions, and the big customer has several pages.
export const SIZES = {
  small: size('small', 1_000, { trunks: 1_000, bigShare: 2, others: 20 }),
  large: size('large', 1_000_000, { trunks: 100_000, bigShare: 10, others: 20_000 }),
};

export const DOMAINS = { extension: 'registrar.example.org', trunk: 'trunk.example.org' };
export const DELETED_ONE_IN = 11;
