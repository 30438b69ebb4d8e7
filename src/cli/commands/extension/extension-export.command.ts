import { command, CUSTOMER } from '../../command';
import { BIN_READS } from '../../needs';
import { customerId, withoutPasswords } from '../../options';

export const exportExtensions = command({
  words: 'extension export',
  description: "write a customer's extensions with their passwords, as import reads them",
  argument: {
    usage: '[file]',
    help: 'a .csv or .json file, for its owner alone to read; stdout when left out',
  },
  options: { customerId, withoutPasswords },
  takesCsv: true,
  examples: [
    `extension export extensions.csv --customer-id ${CUSTOMER}`,
    `extension export --customer-id ${CUSTOMER} --format json --without-passwords`,
  ],
  async run(session, options, path) {
    const customer = await session.prompt.require(customerId, options.customerId);
    const { fileFormat } = await import('./extension-file.js');
    const { writeExtensions } = await import('./extension-export.js');
    const { format: given } = session.output.given;
    const wanted = given === 'table' ? undefined : given;
    const format = wanted ?? (path === undefined ? 'json' : fileFormat(path, ' (or give --format)'));
    const { extensions } = await session.open(BIN_READS);
    const count = await writeExtensions(extensions.reader, customer, {
      format,
      hasPasswords: options.withoutPasswords !== true,
      path,
      toStdout: (text) => session.terminal.printAll(text),
    });
    session.terminal.say(`Exported ${count} extensions.`);
  },
});
