import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run';

const { satisfies, subset } = jest.requireActual<{
  readonly satisfies: (version: string, range: string) => boolean;
  readonly subset: (range: string, of: string) => boolean;
}>('semver');

const read = (name: string): string => readFileSync(join(root, name), 'utf8');

interface Locked {
  readonly packages: Readonly<Record<string, { readonly engines?: { readonly node?: string } }>>;
}

const manifest = JSON.parse(read('package.json')) as { readonly engines: { readonly node: string } };
const supported = manifest.engines.node;

it('are those on which every locked package installs', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as Locked;
  const narrower = Object.entries(packages).flatMap(([path, { engines }]) =>
    engines?.node === undefined || subset(supported, engines.node) ? [] : [`${path}: ${engines.node}`],
  );
  expect(narrower).toEqual([]);
  expect(packages['']?.engines?.node).toBe(supported);
});

it('leave out those on which one does not', () => {
  for (const version of ['18.20.0', '20.18.3', '21.7.3', '22.12.0', '23.11.0', '24.10.0']) {
    expect([version, satisfies(version, supported)]).toEqual([version, false]);
  }
});

it('are what the image, the checks and the documents name', () => {
  const versionsIn = (text: string, pattern: RegExp): string[] =>
    Array.from(text.matchAll(pattern), ([, version]) => version ?? '');
  const named = [
    ...versionsIn(read('Dockerfile'), /^FROM node:(\d+\.\d+\.\d+)/gm),
    ...versionsIn(read('.ci/run'), /^(?:OLDEST|NEWEST)=(\d+\.\d+\.\d+)$/gm),
  ];
  expect(named).toHaveLength(4);
  expect(named.filter((version) => !satisfies(version, supported))).toEqual([]);
  for (const document of ['README.md', 'CONTRIBUTING.md', '.ci/run']) {
    expect(read(document)).toContain('20 (from 20.19), 22 (from 22.13), or 24.11 and newer');
  }
});
