import type { TrunkReply } from '../../../trunk/trunk.dto';
import type { Session } from '../../session';
import type { Output, View } from '../../terminal/output';
import type { Entry } from '../../terminal/table';

const FIELDS = [
  ...(['id', 'customer_id', 'name', 'detail', 'domain_name', 'auth_types', 'realm', 'username'] as const),
  ...(['password', 'allowed_ips', 'tm_create', 'tm_update', 'tm_delete'] as const),
];

export function showTrunk({ output }: Session, trunk: TrunkReply): void {
  output.one(trunk, trunkDetail(trunk, output));
}

export function trunkView(output: Output): View<TrunkReply> {
  return {
    columns: [
      { title: 'DOMAIN', text: (row) => row.domain_name },
      { title: 'NAME', text: (row) => row.name },
      { title: 'LETS IN BY', text: (row) => row.auth_types.join(', ') || 'nothing' },
      { title: 'USERNAME', text: (row) => row.username },
      { title: 'PASSWORD', text: (row) => output.password(row.password) },
      { title: 'ALLOWED IPS', text: (row) => row.allowed_ips.join(', ') },
      { title: 'ID', text: (row) => row.id, isWhole: true },
    ],
    csv: (row) => ({
      ...Object.fromEntries(FIELDS.map((name) => [name, csvText(row[name])])),
      password: output.showsPasswords ? row.password : '',
    }),
  };
}

export function trunkDetail(trunk: TrunkReply, output: Pick<Output, 'password'>): Entry[] {
  return [
    ['id', trunk.id],
    ['customer', trunk.customer_id],
    ['status', trunkStatus(trunk)],
    ['domain', trunk.domain_name],
    ['realm', trunk.realm],
    ['lets in by', trunk.auth_types.join(', ') || 'nothing: every caller is refused'],
    ['username', trunk.username],
    ['password', output.password(trunk.password)],
    ['allowed ips', trunk.allowed_ips.join(', ')],
    ['name', trunk.name],
    ['detail', trunk.detail],
    ['created', trunk.tm_create ?? ''],
    ['updated', trunk.tm_update ?? ''],
    ...(trunk.tm_delete === null ? [] : [['deleted', trunk.tm_delete] as const]),
  ];
}

/** A trunk does not register, so its status is whether it admits callers. */
export function trunkStatus({ tm_delete: deletedAt, auth_types: types }: TrunkReply): string {
  if (deletedAt !== null) return 'deleted';
  return types.length === 0 ? 'closed' : 'open';
}

function csvText(value: string | readonly string[] | null): string {
  return typeof value === 'object' && value !== null ? value.join(',') : (value ?? '');
}
