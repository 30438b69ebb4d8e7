// Loaded into the measured service: on SIGUSR2 collects garbage and writes what memory is left in use to a file.
'use strict';
const { renameSync, writeFileSync } = require('node:fs');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');
const file = process.env.HEAP_FILE;
let reports = 0;

/** Several times: the first collection may leave what finalizers and weak references still held. */
async function collectAll() {
  for (let n = 0; n < 4; n++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

process.on('SIGUSR2', async () => {
  await collectAll();
  const { heapUsed, external, rss } = process.memoryUsage();
  writeFileSync(`${file}.new`, JSON.stringify({ report: ++reports, heapUsed, external, rss }));
  renameSync(`${file}.new`, file);
});
