#!/usr/bin/env node
// Provides Asterisk, Kamailio and SIPp for the tests: from packages in a folder, or in a container.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './setup.mjs';
import { ensurePackages } from './sip/packages.mjs';
import { composeAnswers } from './stack/compose.mjs';

const COMPOSE = ['compose', '-f', join(root, 'compose.yaml'), '--profile', 'asterisk'];
const isPrepared = () => spawnSync('docker', [...COMPOSE, 'build', 'asterisk'], { stdio: 'ignore' }).status === 0;

/** The variables by which the tests find the programs, or the reason why there are none. */
export async function ensureSipPrograms(say) {
  let reason = 'this system is no Debian';
  try {
    const folder = await ensurePackages(say);
    if (folder !== null) return { environment: { SIP_PROGRAMS: folder } };
  } catch (error) {
    reason = `the packages could not be fetched: ${String(error.stderr || error.message).trim()}`;
  }
  if (!composeAnswers()) return { reason: `${reason}, and no Docker engine answers` };
  if (isPrepared()) return { environment: { SIP_PROGRAMS: 'compose' } };
  return { reason: `${reason}, and Docker could not build the image` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { environment, reason } = await ensureSipPrograms((line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${environment?.SIP_PROGRAMS ?? `There is no Asterisk and no Kamailio: ${reason}.`}\n`);
  process.exitCode = environment ? 0 : 1;
}
