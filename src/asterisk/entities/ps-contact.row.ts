/** Text or a number: the column types differ between versions of Asterisk. */
type Value = string | number | null;

/** A registered device; the keys are the column names. Asterisk owns these rows; any column may be NULL. */
export interface PsContactRow {
  readonly id: Value;
  readonly uri: Value;
  readonly expiration_time: Value;
  readonly qualify_frequency: Value;
  readonly outbound_proxy: Value;
  readonly path: Value;
  readonly user_agent: Value;
  readonly qualify_timeout: Value;
  readonly reg_server: Value;
  readonly authenticate_qualify: Value;
  readonly via_addr: Value;
  readonly via_port: Value;
  readonly call_id: Value;
  readonly endpoint: Value;
  readonly prune_on_boot: Value;
}

export const CONTACT_COLUMNS = [
  ...['id', 'uri', 'expiration_time', 'qualify_frequency', 'outbound_proxy', 'path', 'user_agent', 'qualify_timeout'],
  ...['reg_server', 'authenticate_qualify', 'via_addr', 'via_port', 'call_id', 'endpoint', 'prune_on_boot'],
].join(', ');
