import type { OutputOptions, View } from '../../terminal/output';
import { maskedPassword } from '../../terminal/password';
import type { TrunkReply } from '../../../trunk/trunk.dto';

const FIELDS = [
  ...(['id', 'customer_id', 'name', 'detail', 'domain_name', 'auth_types', 'realm', 'username'] as const),
  ...(['password', 'allowed_ips', 'tm_create', 'tm_update', 'tm_delete'] as const),
];

type Entry = readonly [string, string];

export function trunkView({ showPassword }: OutputOptions): View<TrunkReply> {
  return {
    columns: [
      { title: 'DOMAIN', text: (row) => row.domain_name },
      { title: 'NAME', text: (row) => row.name },
      { title: 'LETS IN BY', text: (row) => row.auth_types.join(', ') || 'nothing' },
      { title: 'USERNAME', text: (row) => row.username },
      { title: 'PASSWORD', text: (row) => (showPassword === true ? row.password : maskedPassword(row.password)) },
      { title: 'ALLOWED IPS', text: (row) => row.allowed_ips.join(', ') },
      { title: 'ID', text: (row) => row.id, isWhole: true },
    ],
    csv: (row) => ({
      ...Object.fromEntries(FIELDS.map((name) => [name, csvText(row[name])])),
      password: showPassword === true ? row.password : '',
    }),
  };
}

export function trunkDetail(trunk: TrunkReply, { showPassword }: OutputOptions): Entry[] {
  return [
    ['id', trunk.id],
    ['customer', trunk.customer_id],
    ['status', trunkStatus(trunk)],
    ['domain', trunk.domain_name],
    ['realm', trunk.realm],
    ['lets in by', trunk.auth_types.join(', ') || 'nothing: nobody gets in'],
    ['username', trunk.username],
    ['password', showPassword === true ? trunk.password : maskedPassword(trunk.password)],
    ['allowed ips', trunk.allowed_ips.join(', ')],
    ['name', trunk.name],
    ['detail', trunk.detail],
    ['created', trunk.tm_create ?? ''],
    ['updated', trunk.tm_update ?? ''],
    ...(trunk.tm_delete === null ? [] : [['deleted', trunk.tm_delete] as const]),
  ];
}

/** A trunk does not register: it is there, and either somebody can get in or nobody. */
export function trunkStatus({ tm_delete: deletedAt, auth_types: types }: TrunkReply): string {
  if (deletedAt !== null) return 'deleted';
  return types.length === 0 ? 'closed' : 'open';
}

function csvText(value: string | readonly string[] | null): string {
  return typeof value === 'object' && value !== null ? value.join(',') : (value ?? '');
}
