#!/usr/bin/env node
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root } from './setup.mjs';
import * as lifecycle from './stack/lifecycle.mjs';
import { Installation } from './growth/installation.mjs';
import { SIZES } from './growth/sizes.mjs';
import { seed } from './growth/seed.mjs';
import { measure } from './growth/measure.mjs';
const dir = '/tmp/growth-stack';
const say = (l) => console.error(`${(performance.now() / 1000).toFixed(1)} ${l}`);
const status = await lifecycle.up(dir, { profile: 'test', say });
const both = Object.values(SIZES).map((s, i) => new Installation(s.name, i + 1, { status, dir }));
try {
  for (const one of both) {
    await one.start(join(root, 'dist'));
    await seed(one.sql, status.mariadb, one.databases, SIZES[one.name], say);
    say(`seeded ${one.name}`);
  }
  if (process.argv[2] !== 'seed')
    console.table(
      await measure(both, { rounds: Number(process.argv[2] ?? 2), requests: Number(process.argv[3] ?? 30), say }),
    );
} finally {
  for (const one of both) await one.stop();
}
process.exit();
