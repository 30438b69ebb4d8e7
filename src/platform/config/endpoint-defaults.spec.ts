import fc from 'fast-check';
import { eachRow } from '../../../test/support/each-row';
import { endpointDefaults } from './endpoint-defaults';

const columnsOf = (text: string): Record<string, [string, string][]> | undefined => {
  const defaults = endpointDefaults.read(text);
  return defaults && { ps_endpoints: [...defaults.ps_endpoints], ps_aors: [...defaults.ps_aors] };
};
const complaintOf = (text: string): string | undefined => endpointDefaults.complaint?.(text);

describe('ASTERISK_ENDPOINT_DEFAULTS', () => {
  eachRow([
    ['', [], []],
    [' ; ;', [], []],
    ['context=phones', [['context', 'phones']], []],
    [
      ' context = phones ;allow=ulaw,alaw; ',
      [
        ['context', 'phones'],
        ['allow', 'ulaw,alaw'],
      ],
      [],
    ],
    ['set_var=A=B', [['set_var', 'A=B']], []],
    [
      '100rel=no;callerid=a ^x',
      [
        ['100rel', 'no'],
        ['callerid', 'a ^x'],
      ],
      [],
    ],
    [
      'max_contacts=1;remove_existing=no',
      [],
      [
        ['max_contacts', '1'],
        ['remove_existing', 'no'],
      ],
    ],
    ['ps_aors.mailboxes=1; ps_endpoints.mailboxes=2', [['mailboxes', '2']], [['mailboxes', '1']]],
    ['ps_endpoints.site=1', [['site', '1']], []],
  ] as [string, [string, string][], [string, string][]][])('reads', (text, ofEndpoints, ofAors) => {
    expect(columnsOf(text)).toEqual({ ps_endpoints: ofEndpoints, ps_aors: ofAors });
    expect(complaintOf(text)).toBeUndefined();
  });

  eachRow([
    ['context', 'entry 1 is not column=value, the column in lower case'],
    ['a=b c;=x', 'entry 2 is not column=value, the column in lower case'],
    ['Context=x', 'entry 1 is not column=value'],
    ['con`text=x', 'entry 1 is not column=value'],
    ['ps_auths.password=x', 'entry 1 is not column=value'],
    ['contxt=x', 'contxt: the service knows no such column, write ps_endpoints.contxt or ps_aors.contxt'],
    ['mailboxes=1', 'mailboxes: both tables have it, write ps_endpoints.mailboxes or ps_aors.mailboxes'],
    ['outbound_proxy=1', 'both tables have it'],
    ['voicemail_extension=1', 'both tables have it'],
    ['id=1', 'id: both tables have it'],
    ['ps_endpoints.id=1', 'ps_endpoints.id: the service sets it'],
    ['ps_aors.id=1', 'ps_aors.id: the service sets it'],
    ['aors=1', 'ps_endpoints.aors: the service sets it'],
    ['auth=1', 'ps_endpoints.auth: the service sets it'],
    ['context=a;ps_endpoints.context=a', 'ps_endpoints.context: is there more than once'],
    ['context= ', 'ps_endpoints.context: has no value'],
    ['callerid=a^3Bb', 'ps_endpoints.callerid: has ^ before two hexadecimal digits'],
    ['callerid=a^', 'ps_endpoints.callerid: has ^ before two hexadecimal digits or at the end'],
    ['callerid=a^4', 'ps_endpoints.callerid: has ^ before two hexadecimal digits or at the end'],
    ['callerid=a\nb', 'ps_endpoints.callerid: has a control character'],
    [`callerid=${'a'.repeat(1_025)}`, 'ps_endpoints.callerid: is longer than 1024 characters'],
    [`context=${'a'.repeat(16_384)}`, 'longer than 16384 characters'],
    ['max_contacts=0', 'ps_aors.max_contacts: is not a whole number from 1'],
    ['max_contacts=-1', 'ps_aors.max_contacts: is not a whole number from 1'],
    ['ps_aors.max_contacts=three', 'ps_aors.max_contacts: is not a whole number from 1'],
  ])('refuses', (text, complaint) => {
    expect(columnsOf(text)).toBeUndefined();
    expect(complaintOf(text)).toContain(complaint);
  });

  it('tells every problem, without a value', () => {
    const complaint = complaintOf('context=s3cret^41;max_contacts=s3cret;S3CRET;aors=s3cret');
    expect(complaint?.split('; ')).toHaveLength(4);
    expect(complaint?.toLowerCase()).not.toContain('s3cret');
  });

  it('reads what is written', () => {
    const column = fc.constantFrom('context', 'allow', 'callerid', '100rel', 'rewrite_contact', 'qualify_frequency');
    const value = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      // oxlint-disable-next-line no-control-regex -- these characters are refused
      .map((text) => text.replace(/[\u0000-\u001f\u007f-\u009f;^]/g, '').trim())
      .filter((text) => text !== '');
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(column, value), { selector: ([name]) => name }), (entries) => {
        const columns = columnsOf(entries.map((entry) => entry.join(' = ')).join(' ;'));
        expect([...(columns?.['ps_endpoints'] ?? []), ...(columns?.['ps_aors'] ?? [])].sort()).toEqual(entries.sort());
      }),
    );
  });

  it('gives each text a value or a complaint, never both; a name never needs escaping', () => {
    const piece = fc.constantFrom(
      'context',
      'ps_aors.',
      'ps_endpoints.',
      '=',
      ';',
      ' ',
      '`',
      '1',
      'max_contacts',
      '^4',
      'id',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(text, (given) => {
        const columns = columnsOf(given);
        expect(columns === undefined).toBe(complaintOf(given) !== undefined);
        for (const [name, value] of Object.values(columns ?? {}).flat()) {
          expect(name).toMatch(/^[a-z0-9_]{1,64}$/);
          expect(value).not.toMatch(/;|^\s|\s$|^$/);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
