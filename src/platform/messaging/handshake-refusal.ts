import { createRequire } from 'node:module';

interface Frame {
  readonly id: number;
  readonly fields?: { readonly replyCode?: unknown; readonly replyText?: unknown };
}

type Opened = (error: Error | null, ok?: unknown) => void;

interface Connection {
  recvFrame: (this: Connection) => Frame | false;
  open: (this: Connection, fields: unknown, callback: Opened) => void;
}

const load = createRequire(__filename);
const PATCHED = Symbol.for('registrar-manager.keeps-refusals');

/**
 * A broker that refuses `connection.open` (no such virtual host, no access, too many connections) says why. amqplib
 * drops the reason and reports "Expected ConnectionOpenOk; got <ConnectionClose>". This keeps the frame, so that the
 * callback gets the reason in the form that the library gives to a later close. It wraps methods of the prototype,
 * because a connection is not accessible before it is open. A test with a real broker shows when a new version no
 * longer needs this.
 */
export function keepRefusals(): void {
  const { Connection } = load('amqplib/lib/connection') as { Connection: { prototype: Connection } };
  const { ConnectionClose } = load('amqplib/lib/defs') as { ConnectionClose: number };
  const { prototype } = Connection;
  if (isPatched(prototype)) return;
  const { open, recvFrame } = prototype;
  const refusals = new WeakMap<Connection, Frame>();
  prototype.recvFrame = function () {
    const frame = recvFrame.call(this);
    if (frame !== false && frame.id === ConnectionClose) refusals.set(this, frame);
    return frame;
  };
  prototype.open = function (fields, callback) {
    open.call(this, fields, (error, ok) => callback(error === null ? null : refusalOf(refusals.get(this), error), ok));
  };
  Object.defineProperty(prototype.open, PATCHED, { value: true });
}

function isPatched({ open }: Connection): boolean {
  return PATCHED in open;
}

function refusalOf(frame: Frame | undefined, error: Error): Error {
  const { replyCode, replyText } = frame?.fields ?? {};
  if (typeof replyCode !== 'number' || typeof replyText !== 'string') return error;
  const name = /^[A-Z_]+/.exec(replyText)?.[0] ?? 'REFUSED';
  return new Error(`Connection closed: ${replyCode} (${name}) with message "${replyText}"`, { cause: error });
}
