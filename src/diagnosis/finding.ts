/** How sure it is that the cause keeps a phone out, or calls away from it. A hint alone is no fault. */
export const CERTAINTIES = ['certain', 'likely', 'hint'] as const;
export type Certainty = (typeof CERTAINTIES)[number];

/** What the finding is about: the record, a table, or Asterisk itself. */
export type Part = 'record' | 'ps_endpoints' | 'ps_auths' | 'ps_aors' | 'kamailio' | 'contacts' | 'asterisk';

export interface Finding {
  readonly code: string;
  readonly part: Part;
  readonly certainty: Certainty;
  /** Holds no secret. */
  readonly text: string;
  /** What to type or to do. */
  readonly advice: string;
}

/** A finding before it has its advice and its part. */
export type Judgement = Pick<Finding, 'code' | 'certainty' | 'text'>;

export const certain = (code: string, text: string): Judgement => ({ code, certainty: 'certain', text });
export const likely = (code: string, text: string): Judgement => ({ code, certainty: 'likely', text });
export const hint = (code: string, text: string): Judgement => ({ code, certainty: 'hint', text });

export function found(judgement: Judgement, part: Part, advice: string): Finding {
  const { code, certainty, text } = judgement;
  return { code, part, certainty, text, advice };
}

/** True when there is something to mend. */
export function isFault({ certainty }: Finding): boolean {
  return certainty !== 'hint';
}

/** The most certain findings first; otherwise in the order of the checks. */
export function byCertainty(findings: readonly Finding[]): Finding[] {
  const rank = ({ certainty }: Finding): number => CERTAINTIES.indexOf(certainty);
  return [...findings].sort((one, other) => rank(one) - rank(other));
}
