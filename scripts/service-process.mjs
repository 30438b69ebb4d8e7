// How the image runs the service and registrar-control; the Dockerfile says the same, and a test compares the two.
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './setup.mjs';

/**
 * - A young generation of three times 8 MB: Node 24 would let it grow with the load.
 * - The heap grows by three tenths beyond what lives before it is collected. It has no smaller bound than Node's own,
 *   since many large lists at once may need it.
 */
export const NODE_FLAGS = ['--max-semi-space-size=8', '--heap-growing-percent=30'];

/** glibc keeps freed memory for each thread that ever allocated, and at the top of its heap. */
export const PROCESS_ENVIRONMENT = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072' };

/** Compiled code from an earlier start; Node 22 and later use it. The image has its own. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compiled') };

/** Starts `main.js` or `cli.js` of a build, with nothing of our environment but PATH. */
export const spawnAsInImage = (program, args, { environment, stdio }) =>
  spawn(process.execPath, [...NODE_FLAGS, program, ...args], {
    cwd: tmpdir(), // no .env lies there
    env: { PATH: process.env.PATH ?? '', ...PROCESS_ENVIRONMENT, ...COMPILE_CACHE, ...environment },
    stdio,
  });
