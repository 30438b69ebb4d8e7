'use strict';
// Preloaded into the service by the crash tests: provides the milestones that end the process where a test says.
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');

const load = createRequire(process.argv[1]);
load('reflect-metadata');
const { Milestones } = load('./platform/milestones/milestones.js');
const { MilestonesModule } = load('./platform/milestones/milestones.module.js');

const never = new Int32Array(new SharedArrayBuffer(4));
let end = { at: '', after: 0 };

function arm() {
  end = JSON.parse(readFileSync(process.env.CRASH_CONTROL, 'utf8'));
  process.stdout.write(`armed for ${end.at}\n`);
}

class EndingMilestones extends Milestones {
  reached(name) {
    if (name !== end.at || --end.after > 0) return;
    if (end.throws) {
      end = { at: '', after: 0 };
      throw new TypeError('the milestone failed');
    }
    process.kill(process.pid, 'SIGKILL');
    Atomics.wait(never, 0, 0); // not one step further
  }
}

Reflect.defineMetadata('providers', [{ provide: Milestones, useClass: EndingMilestones }], MilestonesModule);
process.on('SIGUSR2', arm);
if (process.env.CRASH_AT_START === 'yes') arm();
