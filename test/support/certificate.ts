import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A self-signed certificate for localhost, in files, as servers read it. */
export class Certificate {
  private readonly folder = mkdtempSync(join(tmpdir(), 'registrar-tls-'));
  readonly keyFile = join(this.folder, 'key.pem');
  readonly certFile = join(this.folder, 'cert.pem');

  constructor() {
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-keyout', this.keyFile, '-out', this.certFile],
      ],
      { stdio: 'ignore' },
    );
  }

  read(): { key: Buffer; cert: Buffer } {
    return { key: readFileSync(this.keyFile), cert: readFileSync(this.certFile) };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
