/**
 * The dashboard that reads tocsin's own lists by Grafana's Infinity data source: what Prometheus cannot hold. Its base
 * address is that of tocsin, with a token of the scope `read` where there are tokens.
 */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

const datasource = { type: 'yesoreyeram-infinity-datasource', uid: 'tocsin' };

export interface FeedColumn {
  /** Path in a row. */
  readonly selector: string;
  readonly text: string;
  readonly type: 'string' | 'number' | 'timestamp';
}

export interface FeedPanel {
  readonly title: string;
  readonly description: string;
  readonly kind: 'table' | 'graph' | 'number';
  readonly width: number;
  /** Below the base address of the data source. */
  readonly path: string;
  /** Grafana fills in `${__from:date:iso}` and `${__to:date:iso}`. */
  readonly params: Readonly<Record<string, string>>;
  /** JSONata, from the answer to its rows. */
  readonly rows: string;
  readonly columns: readonly FeedColumn[];
}

const text = (selector: string, name = selector): FeedColumn => ({ selector, text: name, type: 'string' });
const number = (selector: string, name = selector): FeedColumn => ({ selector, text: name, type: 'number' });
const at = (selector: string, name = selector): FeedColumn => ({ selector, text: name, type: 'timestamp' });
const inRange = { from: '${__from:date:iso}', to: '${__to:date:iso}' };

export const feedPanels: readonly FeedPanel[] = [
  {
    title: 'Firing',
    description: 'Alerts that fire now.',
    ...{ kind: 'number', width: 6, path: '/api/v1/alerts' },
    params: { status: 'firing', audit: 'false', limit: '1' },
    rows: '$',
    columns: [number('total')],
  },
  {
    title: 'Not answered',
    description: 'Alerts of this time that nobody has given a verdict on.',
    ...{ kind: 'number', width: 6, path: '/api/v1/alerts' },
    params: { ...inRange, answered: 'false', audit: 'false', limit: '1' },
    rows: '$',
    columns: [number('total')],
  },
  {
    title: 'Verdicts',
    description: 'What people said, the last 500 answers.',
    ...{ kind: 'table', width: 12, path: '/api/v1/verdicts' },
    params: { limit: '500' },
    rows: 'items[revokedAt = null]{value: $count(value)} ~> $each(function($n, $v) {{"value": $v, "verdicts": $n}})',
    columns: [text('value'), number('verdicts')],
  },
  {
    title: 'Alerts',
    description: 'Alerts that fired in this time, the latest to begin first.',
    ...{ kind: 'table', width: 24, path: '/api/v1/alerts' },
    params: { ...inRange, audit: 'false', limit: '500' },
    rows: 'items',
    columns: [
      at('startsAt', 'began'),
      text('service'),
      text('severity'),
      text('status'),
      text('rarity'),
      text('summary'),
      text('verdict'),
      text('incident'),
    ],
  },
  {
    title: 'Incidents',
    description: 'Alerts that broke out together.',
    ...{ kind: 'table', width: 24, path: '/api/v1/incidents' },
    params: { ...inRange, limit: '100' },
    rows: 'items',
    columns: [
      at('startsAt', 'began'),
      number('size'),
      text('severity'),
      text('origin'),
      text('originWhy', 'why'),
      text('status'),
    ],
  },
  {
    title: 'Decisions that fired',
    description: 'Return level of each: 0 is once a week, 1 once in ten weeks.',
    ...{ kind: 'graph', width: 12, path: '/api/v1/decisions' },
    params: { ...inRange, fired: 'true', limit: '500' },
    rows: 'items',
    columns: [at('end', 'time'), text('entity'), number('u', 'level')],
  },
  {
    title: 'Nearest to their thresholds',
    description: 'Entities by how far their last window was from firing.',
    ...{ kind: 'table', width: 12, path: '/api/v1/entities' },
    params: { limit: '500' },
    rows: '$sort(items.{"service": service, "kind": kind, "end": end, "rarity": rarity, "over": u - threshold}, function($a, $b) {$a.over < $b.over})[[0..19]]',
    columns: [
      text('service'),
      text('kind'),
      at('end', 'last window'),
      text('rarity'),
      number('over', 'level above threshold'),
    ],
  },
];

/** A query of the Infinity data source: backend parser, rows by JSONata. */
function query({ kind, path, params, rows, columns }: FeedPanel): Builder<Dataquery> {
  const built = {
    ...{ refId: 'A', datasource, type: 'json', source: 'url', parser: 'backend' },
    format: kind === 'graph' ? 'timeseries' : 'table',
    url: path,
    url_options: { method: 'GET', params: Object.entries(params).map(([key, value]) => ({ key, value })) },
    root_selector: rows,
    columns,
    filters: [],
    // The kind of a query in the SDK; it is no part of the document.
    _implementsDataqueryVariant: () => undefined,
  };
  return { build: () => built };
}

const builders = {
  table: () => new TableBuilder(),
  graph: () => new TimeseriesBuilder(),
  number: () => new StatBuilder(),
} as const;

/** As Grafana's provisioning reads it. */
export function feedDashboard(): string {
  const builder = new DashboardBuilder('tocsin: alerts')
    .uid('tocsin-alerts')
    .description('Alerts, incidents, verdicts and decisions, from the lists of tocsin itself.')
    .tags(['tocsin'])
    .timezone('browser')
    .time({ from: 'now-24h', to: 'now' })
    .refresh('1m')
    .readonly();
  for (const panel of feedPanels) {
    const { title, description, kind, width } = panel;
    builder.withPanel(
      builders[kind]()
        .title(title)
        .description(description)
        .datasource(datasource)
        .span(width)
        .height(kind === 'number' ? 4 : 8)
        .withTarget(query(panel)),
    );
  }
  return `${JSON.stringify(builder.build(), null, 2)}\n`;
}
