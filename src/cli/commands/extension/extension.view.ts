import type { ExtensionReply } from '../../../extension/extension.dto';
import type { Session } from '../../session';
import type { Output, View } from '../../terminal/output';
import type { Entry } from '../../terminal/table';

export function showExtension({ output }: Session, extension: ExtensionReply): void {
  output.one(extension, extensionDetail(extension, output));
}

export function extensionView(output: Output): View<ExtensionReply> {
  return {
    columns: [
      { title: 'NUMBER', text: (row) => row.extension },
      { title: 'USERNAME', text: (row) => row.username },
      { title: 'PASSWORD', text: (row) => output.password(row.password) },
      { title: 'NAME', text: (row) => row.name },
      { title: 'ID', text: (row) => row.id, isWhole: true },
    ],
    csv: (row) => ({
      ...Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value ?? '')])),
      // An import would take a mask as a password. For an empty cell it generates a password.
      password: output.showsPasswords ? row.password : '',
    }),
  };
}

export function extensionDetail(extension: ExtensionReply, output: Pick<Output, 'password'>): Entry[] {
  return [
    ['id', extension.id],
    ['customer', extension.customer_id],
    ['number', extension.extension],
    ['username', extension.username],
    ['password', output.password(extension.password)],
    ['realm', extension.realm],
    ['name', extension.name],
    ['detail', extension.detail],
    ['direct hash', extension.direct_hash],
    ['created', extension.tm_create ?? ''],
    ['updated', extension.tm_update ?? ''],
    ...(extension.tm_delete === null ? [] : [['deleted', extension.tm_delete] as const]),
  ];
}
