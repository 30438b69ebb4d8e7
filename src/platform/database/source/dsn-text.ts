/** Its message names the rule that was broken and never carries a part of the text. */
export class DsnError extends Error {
  override readonly name: string = 'DsnError';
}

/** The form is right, and what it asks for is not to be had. */
export class DsnParameterError extends DsnError {
  override readonly name = 'DsnParameterError';
}

export function splitAtFirst(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

export function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DsnError(`${what} is not valid percent-encoding`);
  }
}
