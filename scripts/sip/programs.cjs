'use strict';
// How Asterisk, Kamailio and SIPp are started: from a folder of packages, or in a container.
const { existsSync, readdirSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');

const root = resolve(__dirname, '../..');
/** Where Debian keeps the libraries of this machine's kind. */
const TRIPLET = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

/** The folder that holds `usr/`, empty in a container. */
function installed() {
  const given = process.env.SIP_PROGRAMS;
  if (given === undefined) throw new Error('SIP_PROGRAMS is not set: run these tests with "npm run test:asterisk"');
  return given === 'compose' ? '' : given;
}

const shared = (path) => join('/', installed(), 'usr/share', path);
const library = (path) => join('/', installed(), 'usr/lib', TRIPLET, path);

function loader() {
  const name = readdirSync(library('.')).find((entry) => entry.startsWith('ld-linux'));
  if (name === undefined) throw new Error(`${library('.')} has no loader`);
  return library(name);
}

/** `name` is that of the container. */
function commandOf(program, args, env, name) {
  if (installed() === '') {
    const variables = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
    const mount = ['-v', `${tmpdir()}:${tmpdir()}`, '--name', name, ...variables];
    const run = ['compose', '-f', join(root, 'compose.yaml'), '--profile', 'asterisk', 'run', '--rm', '-T'];
    return { program: 'docker', args: [...run, ...mount, 'asterisk', program, ...args], env: process.env };
  }
  const path = ['usr/sbin', 'usr/bin'].map((place) => join(installed(), place, program)).find(existsSync);
  if (path === undefined) throw new Error(`${installed()} has no ${program}`);
  const plugins = { MARIADB_PLUGIN_DIR: library('libmariadb3/plugin') };
  return {
    program: loader(),
    args: ['--library-path', library('.'), path, ...args],
    env: { ...process.env, ...plugins, ...env },
  };
}

module.exports = { shared, library, commandOf };
