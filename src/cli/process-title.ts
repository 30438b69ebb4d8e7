// Imported first: setting the title removes the arguments, which may hold a password, from the list of processes.
process.title = 'registrar-control';
