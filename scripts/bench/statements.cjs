'use strict';
// Recorded statements, with places for the values that each request has of its own.

const TIME = /\d{4}-\d\d-\d\d([ T])\d\d:\d\d:\d\d\.\d{6}/;
const rawUuid = (uuid) => Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('latin1');

/** What stands for a subject in statements: its texts, and its uuids as bytes. */
const placesOf = ({ id, customer, number, password }) => ({
  id,
  customer,
  number,
  password,
  rawId: rawUuid(id),
  rawCustomer: rawUuid(customer),
});

const textOf = (value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value));

function mentions({ text, values }, subject) {
  const { id, number, rawId } = placesOf(subject);
  const all = [text, ...values.flat(Infinity).map(textOf)];
  return all.some((value) => [id, number, rawId].some((place) => value.includes(place)));
}

/** Cuts a text at the places of the subject, and at times. */
function cut(text, places) {
  const names = Object.keys(places).filter((name) => places[name] !== undefined);
  const escaped = names.map((name) => places[name].replace(/[$()*+.?[\\\]^{|}]/g, '\\$&'));
  const found = new RegExp([...escaped.map((place) => `(${place})`), TIME.source].join('|'), 'gs');
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(found)) {
    const at = match.slice(1).findIndex((group) => group !== undefined);
    parts.push(text.slice(end, match.index), { name: names[at] ?? `time${match[at + 1]}` });
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}

/** A function that returns the value with other values in the places. */
function template(value, places) {
  if (Array.isArray(value)) {
    const items = value.map((item) => template(item, places));
    return (own) => items.map((item) => item(own));
  }
  if (typeof value !== 'string' && !Buffer.isBuffer(value)) return () => value;
  const parts = cut(textOf(value), places);
  if (parts.length === 1) return () => value;
  const filled = (own) => parts.map((part) => (typeof part === 'string' ? part : own[part.name])).join('');
  return Buffer.isBuffer(value) ? (own) => Buffer.from(filled(own), 'latin1') : filled;
}

/** The statements of a recorded change. `values(own)` are those of a request with places of its own. */
const prepared = ({ subject, statements }) =>
  statements.map(({ text, values, ...rest }) => {
    const places = placesOf(subject);
    return { ...rest, text: template(text, places), values: template(values, places) };
  });

module.exports = { placesOf, mentions, prepared };
