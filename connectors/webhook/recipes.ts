/** Bodies for receivers that many have. Each is a template like those that a configuration may bring. */
import type { TreeStyle, JsonValue } from './template.js';

/** The bodies of a receiver. */
export interface Recipe {
  readonly body: JsonValue;
  /** For alerts that waited together. */
  readonly summary: JsonValue;
  readonly style: TreeStyle;
  /** Ends must reach it one by one: they close what their beginnings opened. */
  readonly endsAlone: boolean;
}

/**
 * PagerDuty Events API v2, <https://developer.pagerduty.com/docs/events-api-v2/overview/>: texts of at most 1,024
 * characters. An end closes the incident that its beginning opened, by `dedup_key`.
 */
const pagerduty: Recipe = {
  body: {
    routing_key: '{{secrets.routing_key}}',
    dedup_key: 'tocsin-{{fingerprint}}',
    '#resolved': { event_action: 'resolve' },
    '^resolved': {
      event_action: 'trigger',
      client: 'tocsin',
      client_url: '{{{url}}}',
      payload: {
        summary: '{{name}}: {{summary}}',
        timestamp: '{{starts_at}}',
        severity: '{{severity}}',
        source: '{{name}}',
        component: '{{name}}',
        group: '{{labels.team}}',
        class: 'anomaly',
        custom_details: {
          rarity: '{{rarity}}',
          believed: '{{believed}}',
          began: '{{starts_at}}',
          description: '{{description}}',
          labels: '{{{labels}}}',
          '#incident': { incident: '{{size}} broke together: {{members}}; likely origin {{origin}} ({{why}})' },
        },
      },
      links: [{ '#links': { href: '{{{url}}}', text: '{{name}}' } }],
    },
  },
  summary: {
    routing_key: '{{secrets.routing_key}}',
    dedup_key: 'tocsin-storm-{{route}}',
    event_action: 'trigger',
    client: 'tocsin',
    client_url: '{{{url}}}',
    payload: {
      summary: '{{count}} alerts at once: {{names}}',
      severity: 'critical',
      source: 'tocsin',
      class: 'storm',
      custom_details: { firing: '{{{firing}}}', severities: '{{{severities}}}', names: '{{names}}' },
    },
  },
  style: { escape: 'plain', longest: 1024 },
  endsAlone: true,
};

/**
 * Slack incoming webhooks with Block Kit, <https://docs.slack.dev/reference/block-kit/blocks>: a section has at most
 * 3,000 characters. There is no header block: its 150 are too few for some names, escaped.
 */
const slack: Recipe = {
  body: {
    text: '{{title}}: {{summary}}',
    blocks: [
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          verbatim: true,
          text: '*{{title}}*\n{{summary}}\n{{rarity}}{{#incident}}\n{{size}} broke together ({{members}}); likely origin *{{origin}}*: {{why}}{{/incident}}',
        },
      },
      {
        '^resolved': {
          type: 'section',
          text: { type: 'mrkdwn', verbatim: true, text: '{{description}}' },
        },
      },
      {
        type: 'context',
        elements: [
          { type: 'mrkdwn', verbatim: true, text: 'believed: {{believed}}' },
          {
            type: 'mrkdwn',
            verbatim: true,
            text: '{{#resolved}}over since {{ends_at}}{{/resolved}}{{^resolved}}since {{starts_at}}{{/resolved}}',
          },
          { type: 'mrkdwn', verbatim: true, text: '`{{fingerprint}}`' },
        ],
      },
      {
        '#has_links': {
          type: 'actions',
          elements: [
            { '#links': { type: 'button', text: { type: 'plain_text', text: '{{name}}' }, url: '{{{url}}}' } },
          ],
        },
      },
    ],
  },
  summary: {
    text: '{{title}}: {{names}}',
    blocks: [
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          verbatim: true,
          text: '*{{title}}*\n{{firing}} firing, {{resolved}} resolved, of {{entities}} entities: {{severities.critical}} critical, {{severities.warning}} warning, {{severities.info}} info\n{{names}}',
        },
      },
    ],
  },
  style: { escape: 'slack', longest: 2900 },
  endsAlone: false,
};

const card = (body: JsonValue, actions: JsonValue): JsonValue => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      contentUrl: null,
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.4',
        body,
        actions,
      },
    },
  ],
});

/** Microsoft Teams by a workflow's webhook: a message with an Adaptive Card, <https://adaptivecards.io/explorer/>. */
const teams: Recipe = {
  body: card(
    [
      { type: 'TextBlock', size: 'Large', weight: 'Bolder', wrap: true, text: '{{title}}' },
      { type: 'TextBlock', wrap: true, text: '{{summary}}' },
      {
        type: 'FactSet',
        facts: [
          { title: 'Rarity', value: '{{rarity}}' },
          { title: 'Began', value: '{{starts_at}}' },
          { '#resolved': { title: 'Over', value: '{{ends_at}}' } },
          { title: 'Believed', value: '{{believed}}' },
          { '#standouts': { title: '{{feature}}', value: '{{actual}} {{unit}}, typical {{typical}}' } },
          { '#templates': { title: 'Lines', value: '{{template}} ({{count}})' } },
          { '#changes': { title: 'Deploy', value: '{{title}} {{version}} {{at}}' } },
          { '#incident': { title: 'Incident', value: '{{size}} broke together, likely origin {{origin}}: {{why}}' } },
        ],
      },
    ],
    [{ '#links': { type: 'Action.OpenUrl', title: '{{name}}', url: '{{{url}}}' } }],
  ),
  summary: card(
    [
      { type: 'TextBlock', size: 'Large', weight: 'Bolder', wrap: true, text: '{{title}}' },
      { type: 'TextBlock', wrap: true, text: '{{firing}} firing, {{resolved}} resolved: {{names}}' },
    ],
    [],
  ),
  style: { escape: 'markdown', longest: 4000 },
  endsAlone: false,
};

/** By name. */
export const recipes = { pagerduty, slack, teams } as const satisfies Readonly<Record<string, Recipe>>;
/** One of `recipes`. */
export type RecipeName = keyof typeof recipes;
