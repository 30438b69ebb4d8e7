export type AmiFailureCode =
  | 'CLOSED'
  | 'LOGIN_REFUSED'
  | 'NOT_AMI'
  | 'NO_PRIVILEGE'
  | 'REFUSED'
  | 'TIMEOUT'
  | 'UNREACHABLE'
  | 'UNREADABLE';

/** For a person: what the failure means, and what to do about it. */
const MEANINGS: Readonly<Record<AmiFailureCode, readonly [text: string, advice: string]>> = {
  CLOSED: ['it ended the connection', 'see whether Asterisk runs, and its log'],
  LOGIN_REFUSED: [
    'it refuses the login',
    'check ASTERISK_AMI_USERNAME and ASTERISK_AMI_PASSWORD, and permit and deny in manager.conf',
  ],
  NOT_AMI: ['this port does not speak AMI', 'check ASTERISK_AMI_ADDRESSES against bindaddr and port in manager.conf'],
  NO_PRIVILEGE: [
    'its user may not run the action',
    'write = system for this user in manager.conf, then "manager reload"',
  ],
  REFUSED: ['it refuses an action that the service needs', 'see the log of Asterisk'],
  TIMEOUT: ['it does not answer in time', 'see whether Asterisk hangs, and what lies between'],
  UNREACHABLE: [
    'there is no connection',
    'check ASTERISK_AMI_ADDRESSES, enabled and bindaddr in manager.conf, and the network',
  ],
  UNREADABLE: ['its answer cannot be read', 'check that the port belongs to Asterisk'],
};

/** Why a node of Asterisk cannot be used. Holds no credentials and no text of the peer. */
export class AmiFailure extends Error {
  override readonly name = 'AmiFailure';
  readonly advice: string;

  constructor(
    readonly code: AmiFailureCode,
    /** Says more than the code does, such as the reason of the system. */
    detail?: string,
  ) {
    const [text, advice] = MEANINGS[code];
    super(detail === undefined ? text : `${text}: ${detail}`);
    this.advice = advice;
  }
}

export function asAmiFailure(error: unknown): AmiFailure {
  return error instanceof AmiFailure ? error : new AmiFailure('UNREADABLE');
}
