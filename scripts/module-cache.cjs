'use strict';
// The tests start the built programs hundreds of times, and most of each start is finding and compiling the same 2,000
// files of node_modules. This script keeps their paths and compiled code for one run. Files of the project are loaded
// as usual.
const { readFileSync, readdirSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join, sep } = require('node:path');
const v8 = require('node:v8');
const { Script } = require('node:vm');

const LIBRARIES = `${sep}node_modules${sep}`;
const isLibrary = (file) => file.includes(LIBRARIES);
const resolvePath = Module._resolveFilename;
const loadScript = Module._extensions['.js'];

const keyOf = (request, parent) => `${parent.path}\0${request}`;

/** `find` returns a known path; `learn` receives the others. */
function onResolve(find, learn) {
  Module._resolveFilename = function (request, parent, isMain, options) {
    if (options !== undefined || !parent?.path) return resolvePath.call(this, request, parent, isMain, options);
    const known = find(keyOf(request, parent));
    if (known !== undefined) return known;
    const found = resolvePath.call(this, request, parent, isMain);
    if (isLibrary(found)) learn(keyOf(request, parent), found);
    return found;
  };
}

function run(script, module, filename) {
  const require = (id) => module.require(id);
  require.resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  require.resolve.paths = (request) => Module._resolveLookupPaths(request, module);
  require.main = process.mainModule;
  require.extensions = Module._extensions;
  require.cache = Module._cache;
  script.runInThisContext().call(module.exports, module.exports, require, module, filename, dirname(filename));
}

/** Returns undefined for a file that uses import() or is a module; Node loads such a file. */
function scriptOf(filename, cachedData) {
  const source = readFileSync(filename, 'utf8');
  if (cachedData === undefined && /\bimport\s*\(/.test(source)) return undefined;
  try {
    return new Script(Module.wrap(source), { filename, cachedData });
  } catch {
    return undefined;
  }
}

/** In a starting process: takes paths and compiled code from `file`. */
function use(file) {
  const { paths, codes } = v8.deserialize(readFileSync(file));
  onResolve(
    (key) => paths.get(key),
    () => undefined,
  );
  Module._extensions['.js'] = (module, filename) => {
    const code = codes.get(filename);
    const script = code && scriptOf(filename, code);
    if (script === undefined) loadScript(module, filename);
    else run(script, module, filename);
  };
}

/** Loads all files in `folder` except the programs themselves, and writes the paths and the compiled code to `file`. */
function make(folder, file) {
  const paths = new Map();
  const scripts = new Map();
  onResolve(
    () => undefined,
    (key, found) => paths.set(key, found),
  );
  Module._extensions['.js'] = (module, filename) => {
    const script = isLibrary(filename) ? scriptOf(filename) : undefined;
    if (script === undefined) return loadScript(module, filename);
    scripts.set(filename, script);
    run(script, module, filename);
  };
  require(require.resolve('reflect-metadata', { paths: [folder] }));
  const programs = [join(folder, 'main.js'), join(folder, 'cli.js')];
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, name);
    if (path.endsWith('.js') && !programs.includes(path)) require(path);
  }
  const codes = new Map([...scripts].map(([name, script]) => [name, script.createCachedData()]));
  writeFileSync(file, v8.serialize({ paths, codes }));
}

module.exports = { use };
if (require.main === module) {
  make(process.argv[2], process.argv[3]);
  process.exit(0);
}
