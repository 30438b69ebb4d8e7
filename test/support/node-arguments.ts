const moduleCache = process.env['MODULE_CACHE'];

/** Arguments of Node before the program: the module cache of the run (scripts/module-cache.cjs), if there is one. */
export const NODE_ARGUMENTS: readonly string[] = moduleCache ? ['--require', moduleCache] : [];
