const FLAGS: Readonly<Record<string, string>> = { extension: 'extension-number', domain_name: 'domain' };

/** The flag that a field of a request is given by. */
export function flagOfField(field: string): string {
  return `--${FLAGS[field] ?? field.replaceAll('_', '-')}`;
}
