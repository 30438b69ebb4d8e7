const moduleCache = process.env['MODULE_CACHE'];

/** What Node gets before a program of ours: the run's module cache (scripts/module-cache.cjs), where there is one. */
export const NODE_ARGUMENTS: readonly string[] = moduleCache ? ['--require', moduleCache] : [];
