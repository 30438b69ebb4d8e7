import type { TestingModule } from '@nestjs/testing';
import { DiagnosisService } from '../../src/diagnosis/diagnosis.service';
import { type Finding, isFault } from '../../src/diagnosis/finding';
import { CreateExtensionDto, type ExtensionReply } from '../../src/extension/extension.dto';
import { ExtensionWriter } from '../../src/extension/extension.writer';
import { ReconcileService } from '../../src/reconcile/reconcile.service';
import type { Application } from './application';
import { freshId } from './world';

/** Every password of these tests holds the word `canary`, which no finding may say. */
export const CANARY_PASSWORD = 'a;b^41 canary';

const get = <T>(module: TestingModule, type: abstract new (...parts: never[]) => T): T =>
  module.get(type, { strict: false });

export function createLogin({ module }: Application, extension = '2001'): Promise<ExtensionReply> {
  const values = { customerId: freshId(), extension, password: CANARY_PASSWORD, name: '', detail: '', username: '' };
  return get(module, ExtensionWriter).create(Object.assign(new CreateExtensionDto(), values));
}

/** What diagnose finds wrong; a hint is no fault. */
export async function faultsOf(module: TestingModule, { id }: ExtensionReply): Promise<Finding[]> {
  const findings = (await get(module, DiagnosisService).diagnose({ id }))?.findings ?? [];
  expect(JSON.stringify(findings)).not.toContain('canary');
  return findings.filter(isFault);
}

export const codesOf = (findings: readonly Finding[]): string[] => findings.map(({ code }) => code);

/** Runs the SQL of each advice, or reconcile, each once. */
export async function follow({ asterisk, module }: Application, findings: readonly Finding[]): Promise<void> {
  for (const advice of new Set(findings.map((finding) => finding.advice))) {
    const [, sql] = /in the database asterisk: (.*);$/.exec(advice) ?? [];
    for (const statement of sql?.split('; ') ?? []) await asterisk.run(statement);
    if (sql !== undefined) continue;
    if (!/^registrar-control reconcile(?:;|$)/.test(advice)) throw new Error(`no test follows the advice ${advice}`);
    await get(module, ReconcileService).run({ dryRun: false });
  }
}
