#!/usr/bin/env node
process.stderr.write('registrar-control is not part of this build yet\n');
process.exitCode = 1;
