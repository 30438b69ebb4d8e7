'use strict';
// The tests start the built programs hundreds of times, and most of each start is finding, reading and compiling the same
// 2,000 files. For one run, this script keeps the paths and V8's compiled code of all of them, and the libraries as one
// script. The project's own files stay files, so that a stack trace names them.
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { readFileSync, readdirSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { join, sep } = require('node:path');
const v8 = require('node:v8');
const { Script } = require('node:vm');

const LIBRARIES = `${sep}node_modules${sep}`;
/** What Nest loads by name when a program starts. */
const LOADED_LATE = ['@nestjs/platform-express'];
const resolvePath = Module._resolveFilename;
const loadFile = Module._extensions['.js'];

const filesOf = (folder) =>
  Object.fromEntries(['index', 'libraries', 'code'].map((name) => [name, join(folder, `modules.${name}`)]));

const pathIn = (paths, folder, request) => paths.get(folder)?.get(request);

/** Keeps in `paths` what Node finds: for each folder, the path of each request in it. */
function keepPaths(paths) {
  Module._resolveFilename = function (request, parent, isMain, options) {
    if (options !== undefined || !parent?.path) return resolvePath.call(this, request, parent, isMain, options);
    const known = pathIn(paths, parent.path, request);
    if (known !== undefined) return known;
    const found = resolvePath.call(this, request, parent, isMain);
    if (found.includes(sep)) {
      if (!paths.has(parent.path)) paths.set(parent.path, new Map());
      paths.get(parent.path).set(request, found);
    }
    return found;
  };
}

/** Runs modules whose `require` goes to a known module at once, so that who patches `Module._load` does not see it. */
function runnerOf(paths, bodyOf) {
  const requireOf = (module) => (request) => {
    const file = pathIn(paths, module.path, request);
    const loaded = file && Module._cache[file];
    if (loaded) return loaded.exports;
    const body = file && bodyOf(file);
    return body ? load(file, module, body).exports : module.require(request);
  };

  function load(file, parent, body) {
    const module = new Module(file, parent);
    module.filename = file;
    // The folders where Node looks for libraries: most modules never need them.
    const get = () => (module.paths = Module._nodeModulePaths(module.path));
    const set = (value) => Object.defineProperty(module, 'paths', { value, writable: true });
    Object.defineProperty(module, 'paths', { configurable: true, enumerable: true, get, set });
    Module._cache[file] = module;
    try {
      run(body, module);
      module.loaded = true;
      return module;
    } finally {
      if (!module.loaded) delete Module._cache[file];
    }
  }

  function run(body, module) {
    const require = requireOf(module);
    require.resolve = (request, options) => Module._resolveFilename(request, module, false, options);
    require.resolve.paths = (request) => Module._resolveLookupPaths(request, module);
    require.main = process.mainModule;
    require.extensions = Module._extensions;
    require.cache = Module._cache;
    body.call(module.exports, module.exports, require, module, module.filename, module.path);
  }

  return run;
}

/** Text outside Latin-1 would make V8 keep all of the text in two bytes a character. */
const escaped = (text) =>
  text.replace(/[^\0-\xff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** What `escaped` would change: a byte order mark, and a backslash before such a character. */
const NOT_ESCAPABLE = /^\uFEFF|\\[^\0-\xff]/;

const asFunction = (text) => `(function (exports, require, module, __filename, __dirname) {${text}\n})`;

/** The file as a function; undefined for what only Node can load: a module, and a file that imports one. */
function readBody(file) {
  const text = readFileSync(file, 'utf8');
  if (/\bimport\s*\(|^\s*(import|export) /m.test(text) || NOT_ESCAPABLE.test(text)) return undefined;
  return asFunction(text);
}

/** Loads the files in `dist` except the programs themselves, and writes into `folder` what they need. */
function collect(dist, folder) {
  const paths = new Map();
  const bodies = new Map();
  keepPaths(paths);
  Module._extensions['.js'] = (module, filename) => {
    const body = readBody(filename);
    if (body !== undefined) bodies.set(filename, body);
    return loadFile(module, filename);
  };
  const programs = [join(dist, 'main.js'), join(dist, 'cli.js')];
  const own = readdirSync(dist, { recursive: true })
    .map((name) => join(dist, name))
    .filter((path) => path.endsWith('.js') && !programs.includes(path));
  const first = require.resolve('reflect-metadata', { paths: [dist] });
  const late = LOADED_LATE.map((name) => require.resolve(name, { paths: [dist] }));
  for (const path of [first, ...own, ...late]) require(path);
  const libraries = [...bodies.keys()].filter((name) => name.includes(LIBRARIES));
  const { index, libraries: file } = filesOf(folder);
  writeFileSync(file, `[${libraries.map((name) => escaped(bodies.get(name))).join(',\n')}]`, 'latin1');
  writeFileSync(index, v8.serialize({ paths, libraries, own: new Set(own.filter((name) => bodies.has(name))) }));
}

/** In a starting process: loads from `folder`. Returns the scripts that were compiled, by the name of their file. */
function use(folder, codes = new Map()) {
  const { index, libraries: file } = filesOf(folder);
  const { paths, libraries, own } = v8.deserialize(readFileSync(index));
  const scripts = new Map();
  const compiled = (filename, text) => {
    const script = new Script(text, { filename, cachedData: codes.get(filename) });
    scripts.set(filename, script);
    return script.runInThisContext();
  };
  keepPaths(paths);
  const all = compiled(file, readFileSync(file, 'latin1'));
  const bodies = new Map(libraries.map((name, position) => [name, all[position]]));
  const bodyOf = (filename) =>
    own.has(filename) ? compiled(filename, asFunction(readFileSync(filename, 'utf8'))) : bodies.get(filename);
  const run = runnerOf(paths, bodyOf);
  Module._extensions['.js'] = (module, filename) => {
    const body = bodyOf(filename);
    if (body === undefined) loadFile(module, filename);
    else run(body, module);
  };
  return scripts;
}

/** In the service that `compile` starts: keeps what V8 has compiled up to its end, and the command line's files. */
function record(dist, folder) {
  const scripts = use(folder);
  require(require.resolve('reflect-metadata', { paths: [dist] }));
  for (const name of readdirSync(join(dist, 'cli'), { recursive: true })) {
    if (name.endsWith('.js')) require(join(dist, 'cli', name));
  }
  process.once('exit', () => {
    const codes = new Map([...scripts].map(([name, script]) => [name, script.createCachedData()]));
    writeFileSync(filesOf(folder).code, v8.serialize(codes));
  });
}

const NOBODY = '127.0.0.1:1';
const UNREACHABLE = {
  DATABASE_DSN_BIN: `none@tcp(${NOBODY})/none`,
  DATABASE_DSN_ASTERISK: `none@tcp(${NOBODY})/none`,
  RABBITMQ_ADDRESS: `amqp://${NOBODY}`,
  REDIS_ADDRESS: NOBODY,
  DOMAIN_NAME_EXTENSION: 'registrar.example.org',
  DOMAIN_NAME_TRUNK: 'trunk.example.org',
  PROMETHEUS_LISTEN_ADDRESS: '127.0.0.1:0',
};

/** Starts the service and ends it once it waits for its databases. */
async function compile(dist, folder) {
  const recorder = join(folder, 'record.cjs');
  const call = [module.filename, dist, folder].map((text) => JSON.stringify(text));
  writeFileSync(recorder, `require(${call[0]}).record(${call[1]}, ${call[2]});\n`);
  const service = spawn(process.execPath, ['--require', recorder, join(dist, 'main.js')], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...UNREACHABLE },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  let log = '';
  service.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
    if (log.includes('Waiting for a database')) service.kill('SIGTERM');
  });
  const [code] = await once(service, 'close');
  if (code !== 0) throw new Error(`The service ended with ${code}: ${log}`);
}

module.exports = { record, use: (folder) => use(folder, v8.deserialize(readFileSync(filesOf(folder).code))) };
if (require.main === module) {
  const [dist, folder] = process.argv.slice(2);
  collect(dist, folder);
  compile(dist, folder).then(
    () => process.exit(0),
    (error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    },
  );
}
