import { Injectable } from '@nestjs/common';
import { AsteriskNodes } from '../asterisk/ami/asterisk-nodes';
import { Config } from '../platform/config/config';
import { loginOf } from '../extension/extension.login';
import { OwnDomains } from '../reconcile/own-domains';
import { diagnose } from './diagnosis';
import { DiagnosisReader, type Subject } from './diagnosis.reader';
import type { Evidence } from './evidence';
import type { Finding } from './finding';

export interface Diagnosis {
  readonly evidence: Evidence;
  readonly findings: readonly Finding[];
}

/** Says why a phone cannot register or be called. It reads only. */
@Injectable()
export class DiagnosisService {
  private readonly domains: OwnDomains;

  constructor(
    private readonly config: Config,
    private readonly reader: DiagnosisReader,
    private readonly nodes: AsteriskNodes,
  ) {
    this.domains = new OwnDomains(config);
  }

  /**
   * `undefined` for an unknown number. Throws `NOT_FOUND` for an unknown id, and `UNAVAILABLE` when the bin database
   * does not answer. `trouble` is why the database of
   * Asterisk could not be opened, if it is known.
   */
  async diagnose(subject: Subject, trouble?: string): Promise<Diagnosis | undefined> {
    const read = await this.reader.read(subject, trouble);
    if (read === undefined) return undefined;
    const domain = {
      base: this.config.domainNameExtension,
      isBase: this.domains.hasExtensionRealm(read.record.realm),
      isRepaired: this.domains.ownsExtension(read.record),
    };
    const nodes = this.nodes.isOn ? await this.nodes.inspect(loginOf(read.record)) : undefined;
    const evidence = { ...read, domain, nodes };
    return { evidence, findings: diagnose(evidence) };
  }
}
