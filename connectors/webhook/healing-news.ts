/** Messages to people about what healing asks, did and needs. */
import type { Alert } from '../../records/alert.js';
import type { HealingEntry } from '../../records/healing.js';
import { signedMessage } from './body.js';
import { renderTree, type JsonValue, type TemplateView } from './template.js';

/** Addresses that answer an ask. */
export interface AnswerLinks {
  readonly approve: string;
  readonly deny: string;
}

const iso = (ms: number): string => new Date(ms).toISOString();

const words: Partial<Record<HealingEntry['what'], string>> = {
  asked: 'Approve?',
  lapsed: 'Nobody answered:',
  done: 'Done:',
  failed: 'Failed:',
  unknown: 'Needs a person, outcome unknown:',
  fixed: 'Fixed by',
  'no-effect': 'No effect of',
  worse: 'Needs a person, worse after',
  unverified: 'Effect unknown of',
  'breaker-opened': 'Needs a person, breaker opened before',
  'remedy-stopped': 'Needs a person, rule stopped:',
};

/** What a template sees of an entry. */
export type NewsView = TemplateView & { readonly seq: number; readonly what: string; readonly at: string };

/** Plain data of an entry, for any template. */
export function newsView(entry: HealingEntry, alert: Alert | undefined, links: AnswerLinks | undefined): NewsView {
  const { seq, what, id, rule, target, entity, guard, by, why, at, time } = entry;
  return {
    ...{ seq, what, id, rule, target, entity, guard, by, why },
    at: iso(at),
    title: `${words[what] ?? what} ${rule === '' ? guard : rule}${entity === '' ? '' : ` on ${entity}`}`,
    fingerprint: entry.alert,
    summary: alert?.explanation.summary ?? '',
    severity: alert?.severity ?? '',
    ...(what === 'asked' ? { expires: iso(time) } : {}),
    ...(links ? { approve_url: links.approve, deny_url: links.deny } : {}),
  };
}

/** Slack: mrkdwn is escaped, so that a log line makes no link and no mention. */
const slack: JsonValue = {
  text: '{{title}}',
  blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '*{{title}}*\n{{summary}}\n{{why}}' } }],
};

const slackButtons: JsonValue = {
  type: 'actions',
  elements: [
    { type: 'button', text: { type: 'plain_text', text: 'Approve …' }, url: '{{approve_url}}' },
    { type: 'button', text: { type: 'plain_text', text: 'Deny …' }, url: '{{deny_url}}' },
  ],
};

/** Body and headers of one message. */
export function newsRequest(
  recipe: 'standard' | 'slack',
  view: NewsView,
  secret: string | undefined,
  now: Date,
): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
  if (recipe === 'slack') {
    const { approve_url: approve, deny_url: deny, ...rest } = view;
    const body = renderTree(slack, rest, 'slack') as { blocks: JsonValue[] };
    // Addresses are ours: escaped as text they would not work as links.
    if (approve && deny) body.blocks.push(renderTree(slackButtons, { approve_url: approve, deny_url: deny }));
    return { body: JSON.stringify(body), headers: {} };
  }
  const body = JSON.stringify({ type: `heal.${view.what}`, timestamp: view.at, data: view });
  return { body, headers: signedMessage(`healing-${view.seq}`, body, secret, now) };
}
