import type { OutputOptions, View } from '../../terminal/output';
import { maskedPassword } from '../../terminal/password';
import type { ExtensionReply } from '../../../extension/extension.dto';

type Entry = readonly [string, string];

export function extensionView({ showPassword }: OutputOptions): View<ExtensionReply> {
  const password = ({ password }: ExtensionReply): string =>
    showPassword === true ? password : maskedPassword(password);
  return {
    columns: [
      { title: 'NUMBER', text: (row) => row.extension },
      { title: 'USERNAME', text: (row) => row.username },
      { title: 'PASSWORD', text: password },
      { title: 'NAME', text: (row) => row.name },
      { title: 'ID', text: (row) => row.id, isWhole: true },
    ],
    csv: (row) => ({
      ...Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value ?? '')])),
      // An import would take a mask for a password, and makes one where there is none.
      password: showPassword === true ? row.password : '',
    }),
  };
}

export function extensionDetail(extension: ExtensionReply, { showPassword }: OutputOptions): Entry[] {
  return [
    ['id', extension.id],
    ['customer', extension.customer_id],
    ['number', extension.extension],
    ['username', extension.username],
    ['password', showPassword === true ? extension.password : maskedPassword(extension.password)],
    ['realm', extension.realm],
    ['name', extension.name],
    ['detail', extension.detail],
    ['direct hash', extension.direct_hash],
    ['created', extension.tm_create ?? ''],
    ['updated', extension.tm_update ?? ''],
    ...(extension.tm_delete === null ? [] : [['deleted', extension.tm_delete] as const]),
  ];
}
