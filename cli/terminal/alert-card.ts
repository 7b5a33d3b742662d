/** An alert as the card that people see on a terminal. */
import type { Alert } from '../../records/alert.js';
import type { AlertCard } from './card.js';

export function cardOf(alert: Alert): AlertCard {
  const { explanation, entity, startsAt, at, u } = alert;
  const [template] = [...explanation.templates].sort((a, b) => Number(b.novel) - Number(a.novel));
  return {
    what: explanation.summary,
    entity,
    start: startsAt,
    firedAt: at,
    returnLevel: u,
    ...(alert.key === '' ? {} : { rarity: explanation.rarity, marks: explanation.templates.map(markOf) }),
    features: explanation.standouts.map(({ feature, actual, typical, unit }) => ({
      name: feature,
      actual,
      typical,
      unit,
    })),
    ...(template === undefined
      ? {}
      : { template: { text: template.template, sample: template.sample, isNew: template.novel } }),
    fingerprint: alert.fingerprint,
    severity: alert.severity,
    believed: splitBelieved(explanation.believed),
  };
}

/** What a session has or lacks: `lacks job completed`. */
function markOf({ template }: Alert['explanation']['templates'][number]): string {
  const missing = / \[missing\]$/;
  return missing.test(template)
    ? `lacks ${template.replace(missing, '')}`
    : `has ${template.replace(/ \[rare\]$/, '')}`;
}

/** `median of 5 detectors: right in 3 of 4 verdicts` as name and reason. */
function splitBelieved(text: string): { detector: string; why: string } {
  const at = text.search(/[:,] /);
  return at < 0 ? { detector: text, why: '' } : { detector: text.slice(0, at), why: text.slice(at + 2) };
}
