// Imported before all else: what was typed, a password perhaps, leaves the list of processes as soon as this is read.
process.title = 'registrar-control';
