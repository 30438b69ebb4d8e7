/** Three bytes of length and the sequence number. */
export const HEADER_BYTES = 4;
const COM_QUERY = 0x03;
const COM_STMT_PREPARE = 0x16;
const UTF8MB4_GENERAL_CI = 45;
const VAR_STRING = 0xfd;
const AUTOCOMMIT = 2;

/** Splits a byte stream into packets, header included. */
export class MysqlPackets {
  private rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[] {
    this.rest = Buffer.concat([this.rest, chunk]);
    const packets: Buffer[] = [];
    while (this.rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + this.rest.readUIntLE(0, 3);
      if (this.rest.length < end) break;
      packets.push(this.rest.subarray(0, end));
      this.rest = this.rest.subarray(end);
    }
    return packets;
  }
}

/**
 * The greeting of the server without MariaDB's extensions: a client that is offered them expects longer column
 * definitions than {@link resultOf} writes.
 */
export function plainGreeting(packet: Buffer): Buffer {
  const version = HEADER_BYTES + 1;
  // After the version's zero byte: connection, salt, filler, flags, charset, status, flags, salt's length, six
  // reserved.
  const extensions = packet.indexOf(0, version) + 1 + 4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 6;
  const isGreeting = packet[HEADER_BYTES] === 10 && packet.length >= extensions + 4;
  return isGreeting
    ? Buffer.concat([packet.subarray(0, extensions), Buffer.alloc(4), packet.subarray(extensions + 4)])
    : packet;
}

/** The SQL in a packet of the client. Only the first packet of a command has number 0; login packets have others. */
export function statementOf(packet: Buffer): string | undefined {
  const command = packet[HEADER_BYTES];
  if (packet[HEADER_BYTES - 1] !== 0 || (command !== COM_QUERY && command !== COM_STMT_PREPARE)) return undefined;
  return packet.toString('utf8', HEADER_BYTES + 1);
}

export function errorPacket(sequence: number, error: { errno: number; sqlState: string; message: string }): Buffer {
  const errno = Buffer.alloc(2);
  errno.writeUInt16LE(error.errno);
  return packetOf(
    sequence,
    Buffer.concat([Buffer.from([0xff]), errno, Buffer.from(`#${error.sqlState}${error.message}`)]),
  );
}

/** A result of one row with one text column, in the form that every client reads. */
export function resultOf(sequence: number, column: string, value: string | null): Buffer {
  const end = Buffer.from([0xfe, 0, 0, AUTOCOMMIT, 0]);
  const row = value === null ? Buffer.from([0xfb]) : textOf(value);
  return Buffer.concat(
    [Buffer.from([1]), definitionOf(column), end, row, end].map((payload, at) => packetOf(sequence + at, payload)),
  );
}

function definitionOf(column: string): Buffer {
  const fixed = Buffer.from([0x0c, UTF8MB4_GENERAL_CI, 0, 0xff, 0, 0, 0, VAR_STRING, 0, 0, 0, 0, 0]);
  return Buffer.concat([...['def', '', '', '', column, column].map(textOf), fixed]);
}

/** A text of up to 250 bytes, with its length in one byte before it. */
function textOf(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 250) throw new Error('this proxy answers short texts only');
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function packetOf(sequence: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUIntLE(payload.length, 0, 3);
  header.writeUInt8(sequence % 256, 3);
  return Buffer.concat([header, payload]);
}
