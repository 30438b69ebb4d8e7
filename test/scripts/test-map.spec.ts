import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run';

const specs = ['src', 'test']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((path) => path.endsWith('.spec.ts'));
const map = readFileSync(join(root, 'test', 'README.md'), 'utf8').replace(/^`npm test`[^]*?\n\n/m, '');
const named = [...map.matchAll(/`((?:src|test)\/[^`]*\.spec\.ts)`/g)].map(([, path]) => path);

it('test/README.md names every file of tests once, and no other', () => {
  expect(named.toSorted()).toEqual(specs.toSorted());
});
