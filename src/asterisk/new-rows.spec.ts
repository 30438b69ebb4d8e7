import { endpointDefaults } from '../platform/config/endpoint-defaults';
import type { Config } from '../platform/config/config';
import { NewRows } from './new-rows';

const rowsWith = (defaults: string): NewRows =>
  new NewRows({ asteriskEndpointDefaults: endpointDefaults.read(defaults) } as Config);
const ENDPOINT = { id: 'e', aors: 'a', auth: 'b' };

describe('the rows of a new login', () => {
  it('are those of the original without defaults', () => {
    const rows = rowsWith('');
    expect(rows.aor('a')).toEqual([
      'INSERT INTO ps_aors (id, max_contacts, remove_existing) VALUES (?, ?, ?)',
      ['a', 3, 'yes'],
    ]);
    expect(rows.missingAor('a')).toEqual([
      `INSERT INTO ps_aors (id, max_contacts, remove_existing)
                 SELECT ?, ?, ? FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM ps_aors WHERE id = ?)`,
      ['a', 3, 'yes', 'a'],
    ]);
    expect(rows.endpoint(ENDPOINT)).toEqual([
      'INSERT INTO ps_endpoints (id, aors, auth) VALUES (?, ?, ?)',
      ['e', 'a', 'b'],
    ]);
  });

  it('have the defaults beside them, and a default in place of 3 and yes', () => {
    const rows = rowsWith("100rel=no;context=a'b;max_contacts=1;qualify_frequency=30");
    expect(rows.aor('a')).toEqual([
      'INSERT INTO ps_aors (id, max_contacts, remove_existing, `qualify_frequency`) VALUES (?, ?, ?, ?)',
      ['a', '1', 'yes', '30'],
    ]);
    expect(rows.missingAor('a')[1]).toEqual(['a', '1', 'yes', '30', 'a']);
    expect(rows.endpoint(ENDPOINT)).toEqual([
      'INSERT INTO ps_endpoints (id, aors, auth, `100rel`, `context`) VALUES (?, ?, ?, ?, ?)',
      ['e', 'a', 'b', 'no', "a'b"],
    ]);
  });
});
