'use strict';
// The files of docs/sip.md: what an operator copies is what the tests and the storm run.
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');

const PAGE = resolve(__dirname, '../../docs/sip.md');

function documentedFiles() {
  const blocks = readFileSync(PAGE, 'utf8').matchAll(/<!-- file (\S+) -->\n+```\w*\n([\s\S]*?)```/g);
  return new Map([...blocks].map(([, name, text]) => [name, text]));
}

/** Writes the files with these names, each changed for this run. A change that changes nothing is an error. */
function writeDocumentedFiles(folder, changes) {
  const files = documentedFiles();
  mkdirSync(folder, { recursive: true });
  for (const [name, change] of Object.entries(changes)) {
    const text = files.get(name);
    if (text === undefined) throw new Error(`docs/sip.md has no file ${name}`);
    const changed = change?.(text) ?? text;
    if (change !== undefined && changed === text) throw new Error(`${name} in docs/sip.md is not as expected`);
    writeFileSync(join(folder, name), changed);
  }
}

/** Replaces exactly one place. */
function replaced(text, place, value) {
  if (text.split(place).length !== 2) throw new Error(`"${place}" is not there one time`);
  return text.replace(place, () => value);
}

module.exports = { documentedFiles, writeDocumentedFiles, replaced };
