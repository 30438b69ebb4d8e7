/** The ids that the documents use in place of the ids of a test run. */
export const DOCUMENT_IDS = {
  customer: '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11',
  extension: '9b0d2e44-51c7-4c0e-8a35-0f6d1b2c3d4e',
  trunk: '4f7e9a10-2b3c-4d5e-8f60-718293a4b5c6',
  direct: '77aa11bb-22cc-4dd3-8ee4-55ff66778899',
} as const;

const WIDTH = 118;
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const HASH = /direct\.[0-9a-f]{12}/g;
const EXPIRATION = /("expiration_time":)\d+/g;

/** Replaces every id, time and hash of a run by the value in the documents; equal values get equal replacements. */
export class DocumentValues {
  private readonly replacements = new Map<string, string>();
  private readonly times = new Map<string, string>();

  replace(value: string, shown: string): void {
    this.replacements.set(value, shown);
  }

  of(text: string): string {
    let shown = text.replace(TIME, (time) => this.time(time));
    for (const [value, replacement] of this.replacements) shown = shown.replaceAll(value, replacement);
    return shown.replace(HASH, 'direct.0a1b2c3d4e5f').replace(EXPIRATION, '$11796036000');
  }

  private time(time: string): string {
    const second = String(this.times.size).padStart(2, '0');
    const shown = this.times.get(time) ?? `2026-11-29T10:00:${second}.123456Z`;
    this.times.set(time, shown);
    return shown;
  }
}

/** A message as in the documents: the text as sent, with line ends after some of its commas. */
export function wrapped(text: string, indentation = ''): string {
  const lines: string[] = [];
  for (const piece of text.split(/(?<=,)(?=["{])/)) {
    const last = lines.pop() ?? '';
    const isTooLong = last !== '' && last.length + piece.length > WIDTH - indentation.length;
    lines.push(...(isTooLong ? [last, piece] : [last + piece]));
  }
  return lines.map((line, index) => (index === 0 ? line : `${indentation} ${line}`)).join('\n');
}

/** Replaces the text between `<!-- example NAME -->` and `<!-- /example NAME -->`, for each name in a document. */
export function withExamples(document: string, exampleOf: (name: string) => string): string {
  return document.replace(
    /(<!-- example ([\w -]+) -->\n)[\s\S]*?(<!-- \/example \2 -->)/g,
    (_, start: string, name: string, end: string) => `${start}\n\`\`\`\n${exampleOf(name)}\n\`\`\`\n\n${end}`,
  );
}
