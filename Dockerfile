FROM node:24.11.1-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

# Source maps stay out: to load them is a quarter of a start. scripts/service-process.mjs explains the flags and MALLOC_*.
# The names that the deployments start: ./registrar-manager and /app/bin/registrar-control.
RUN mkdir bin \
    && printf '#!/bin/sh\nexec node --max-semi-space-size=8 --heap-growing-percent=30 /app/dist/main.js "$@"\n' > bin/registrar-manager \
    && printf '#!/bin/sh\nexec node --max-semi-space-size=8 --heap-growing-percent=30 /app/dist/cli.js "$@"\n' > bin/registrar-control \
    && chmod 755 bin/registrar-manager bin/registrar-control

FROM node:24.11.1-bookworm-slim
ENV NODE_ENV=production MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=131072 NODE_COMPILE_CACHE=/app/compiled
WORKDIR /app/bin
COPY --from=build /app/package.json /app/package.json
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY --from=build /app/bin /app/bin
# Compiled code for both programs: a start without it takes a third longer. Node keeps it by user and by flags, and ignores
# what does not fit.
RUN mkdir /app/compiled && chown node /app/compiled
USER node
RUN node --max-semi-space-size=8 --heap-growing-percent=30 -e "require('/app/dist/app.module.js')" \
    && node --max-semi-space-size=8 --heap-growing-percent=30 -e "require('/app/dist/cli/cli.module.js')"
EXPOSE 2112
# PROMETHEUS_LISTEN_ADDRESS is ":2112" or "host:2112".
HEALTHCHECK --interval=30s --timeout=3s --start-period=30s --retries=3 \
    CMD ["node", "-e", "const port = (process.env.PROMETHEUS_LISTEN_ADDRESS || ':2112').split(':').pop(); fetch(`http://127.0.0.1:${port}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT []
CMD ["./registrar-manager"]
