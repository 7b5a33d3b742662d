import fc from 'fast-check';
import { AdaptiveCard, Version } from 'adaptivecards';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { Webhook } from 'standardwebhooks';
import { exampleAlert, examplePresentation } from '../../../connectors/webhook/example.js';
import { isSummed, messageOf, summaryOf, type WebhookStyle } from '../../../connectors/webhook/message.js';
import type { Alert } from '../../../records/alert.js';
import { entity } from '../../../records/entity.js';
import { shown } from '../../../records/shown-text.js';
import { anAlert } from '../../builders/alert.js';

const now = new Date(Date.UTC(2026, 0, 5, 3, 6));
const style = (body: WebhookStyle['body'], more: Partial<WebhookStyle> = {}): WebhookStyle => ({
  name: 'ops',
  body,
  secrets: { routing_key: 'R0123456789ABCDEF0123456789ABCDE' },
  ...more,
});
const bodyOf = (kind: WebhookStyle['body'], alert: Alert): unknown =>
  JSON.parse(messageOf(style(kind), 'id', alert, examplePresentation, now).body);
const stormOf = (kind: WebhookStyle['body'], alerts: readonly [Alert, ...Alert[]]): unknown =>
  JSON.parse(summaryOf(style(kind), 'id', alerts, examplePresentation, now).body);

/** Log lines and labels of somebody who wants to get out of their text, and very long ones. */
const hostile = (text: string): Alert =>
  anAlert({
    entity: entity('service', { service: text, team: text }).key,
    explanation: {
      ...exampleAlert.explanation,
      summary: text,
      templates: [{ template: text, count: 3, novel: true, sample: text }],
    },
    changes: [{ id: 'd', at: 0, title: text, version: text, by: text, url: '' }],
  });
const nasty = '<!channel> <https://evil|click> [click](https://evil) {{labels}} "}],"x":"';
const alerts: readonly [string, Alert][] = [
  ['firing', exampleAlert],
  ['resolved', { ...exampleAlert, status: 'resolved' }],
  ['bare', anAlert()],
  ['hostile', hostile(nasty)],
  ['long', hostile('&<[x '.repeat(50_000))],
];
const storm = Array.from({ length: 300 }, (_, i) =>
  anAlert({ fingerprint: `f${i}`, entity: entity('service', { service: `${nasty}${i}` }).key }),
) as unknown as readonly [Alert, ...Alert[]];

/** The request body of `POST /enqueue` in PagerDuty's published OpenAPI description of Events v2. */
const pagerdutySchema = {
  type: 'object',
  required: ['routing_key', 'event_action'],
  properties: {
    routing_key: { type: 'string', minLength: 32, maxLength: 32 },
    event_action: { enum: ['trigger', 'acknowledge', 'resolve'] },
    dedup_key: { type: 'string', maxLength: 255 },
    client: { type: 'string' },
    client_url: { type: 'string', format: 'uri' },
    links: {
      type: 'array',
      items: {
        type: 'object',
        required: ['href'],
        properties: { href: { type: 'string', format: 'uri' }, text: { type: 'string' } },
      },
    },
    payload: {
      type: 'object',
      required: ['summary', 'severity', 'source'],
      properties: {
        summary: { type: 'string', minLength: 1, maxLength: 1024 },
        timestamp: { type: 'string', format: 'date-time' },
        severity: { enum: ['critical', 'warning', 'error', 'info'] },
        source: { type: 'string', minLength: 1 },
        component: { type: 'string' },
        group: { type: 'string' },
        class: { type: 'string' },
        custom_details: { type: 'object' },
      },
    },
  },
  if: { properties: { event_action: { const: 'trigger' } } },
  then: { required: ['payload'] },
  else: { required: ['dedup_key'] },
};
const ajv = addFormats.default(new Ajv({ strict: false, allErrors: true }));
const pagerduty = ajv.compile(pagerdutySchema);

describe('PagerDuty Events v2', () => {
  test.each(alerts)('%s', (_, alert) => {
    pagerduty(bodyOf('pagerduty', alert));
    expect(pagerduty.errors).toBeNull();
  });

  test('an end has the key of its beginning, and is never part of a summary', () => {
    const [first, last] = ['firing', 'resolved'].map((status) =>
      bodyOf('pagerduty', { ...exampleAlert, status: status as Alert['status'] }),
    ) as { dedup_key: string; event_action: string }[];
    expect([first!.event_action, last!.event_action]).toEqual(['trigger', 'resolve']);
    expect(last!.dedup_key).toBe(first!.dedup_key);
    expect(isSummed(style('pagerduty'), { ...exampleAlert, status: 'resolved' })).toBe(false);
  });

  test('a summary', () => {
    pagerduty(stormOf('pagerduty', storm));
    expect(pagerduty.errors).toBeNull();
  });
});

interface Text {
  readonly type: string;
  readonly text: string;
}
interface Block {
  readonly type: string;
  readonly text?: Text;
  readonly elements?: readonly { readonly type: string; readonly text?: Text | string; readonly url?: string }[];
}

/** The limits of Block Kit's reference, <https://docs.slack.dev/reference/block-kit/blocks>. */
function checkSlack(body: unknown): void {
  const { text, blocks } = body as { text: string; blocks: readonly Block[] };
  expect(text.length).toBeLessThan(40_000);
  expect(blocks.length).toBeLessThanOrEqual(50);
  const texts: string[] = [text];
  for (const block of blocks) {
    if (block.type === 'section') {
      expect(block.text!.text.length).toBeGreaterThan(0);
      expect(block.text!.text.length).toBeLessThanOrEqual(3000);
    } else if (block.type === 'context') {
      expect(block.elements!.length).toBeLessThanOrEqual(10);
    } else {
      expect(block.type).toBe('actions');
      expect(block.elements!.length).toBeGreaterThan(0);
      expect(block.elements!.length).toBeLessThanOrEqual(25);
      for (const { url } of block.elements!) expect(URL.canParse(url!)).toBe(true);
    }
    texts.push(
      block.text?.text ?? '',
      ...(block.elements ?? []).map((each) => (typeof each.text === 'string' ? each.text : (each.text?.text ?? ''))),
    );
  }
  // Neither a mention nor a link: those need an angle bracket.
  for (const each of texts) expect(each).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)/);
}

describe('Slack', () => {
  test.each(alerts)('%s', (_, alert) => checkSlack(bodyOf('slack', alert)));
  test('a summary', () => checkSlack(stormOf('slack', storm)));
  test('any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => checkSlack(bodyOf('slack', hostile(text)))),
    );
  });
});

/** A workflow takes a message with one card; the card is read by Microsoft's own parser. */
function checkTeams(body: unknown): void {
  const message = body as { type: string; attachments: { contentType: string; content: object }[] };
  expect(message.type).toBe('message');
  expect(message.attachments.map(({ contentType }) => contentType)).toEqual([
    'application/vnd.microsoft.card.adaptive',
  ]);
  const card = new AdaptiveCard();
  card.version = new Version(1, 4);
  card.parse(message.attachments[0]!.content);
  expect(card.validateProperties().validationEvents.map(({ message: problem }) => problem)).toEqual([]);
  expect(card.getItemCount()).toBeGreaterThanOrEqual(2);
}

describe('Teams', () => {
  test.each(alerts)('%s', (_, alert) => checkTeams(bodyOf('teams', alert)));
  test('a summary', () => checkTeams(stormOf('teams', storm)));
  test('no link can be made by a log line', () => {
    const text = JSON.stringify(bodyOf('teams', hostile('[click](https://evil)')));
    expect(text).not.toContain('[click](https://evil)');
  });
  test('a broken card is found by this check', () => {
    const broken = {
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: { type: 'AdaptiveCard', version: '1.4', body: [{ type: 'TextBlok' }] },
        },
      ],
    };
    expect(() => checkTeams(broken)).toThrow();
  });
});

test('a body of your own, signed, with headers that hold one line', () => {
  const secret = `whsec_${Buffer.from('a key of thirty-two bytes length').toString('base64')}`;
  const own = style(
    {
      body: { text: '{{name}} is {{severity}}', labels: '{{{labels}}}' },
      summary: '{{count}} alerts',
      style: {},
      endsAlone: false,
    },
    { secret, headers: { 'X-Route': '{{secrets.key}}' }, secrets: { key: 'a\r\nX-Evil: 1' } },
  );
  const { body, headers } = messageOf(own, 'id-1', anAlert(), examplePresentation, new Date());
  expect(new Webhook(secret).verify(body, headers)).toMatchObject({
    text: 'cart is warning',
    labels: { service: 'cart' },
  });
  expect(headers['x-route']).toBe('a X-Evil: 1');
  expect(summaryOf(own, 'id-2', storm, examplePresentation, new Date()).body).toBe('"300 alerts"');
});

test('the standard and the Alertmanager summary name every alert', () => {
  const standard = stormOf('standard', storm) as { data: { count: number; alerts: { fingerprint: string }[] } };
  expect(new Set(standard.data.alerts.map(({ fingerprint }) => fingerprint)).size).toBe(300);
  const manager = stormOf('alertmanager', storm) as { version: string; alerts: { fingerprint: string }[] };
  expect([manager.version, new Set(manager.alerts.map(({ fingerprint }) => fingerprint)).size]).toEqual(['4', 300]);
});

test.each(['slack', 'teams', 'pagerduty'] as const)('%s: what hides or turns text is shown as an escape', (kind) => {
  const turned = 'paid \u202egnp.exe\u2066 \u200b\u001b]0;title\u0007 \u009b2J \ufeff';
  const text = messageOf(style(kind), 'id', hostile(turned), examplePresentation, now).body;
  const texts: string[] = [];
  JSON.parse(text, (name, value: unknown) => {
    texts.push(name);
    if (typeof value === 'string') texts.push(value);
    return value;
  });
  expect(texts.filter((one) => one !== shown(one))).toEqual([]);
  expect(texts.join(' ')).toContain('u202egnp');
});
