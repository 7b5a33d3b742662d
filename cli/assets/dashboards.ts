/** Grafana dashboards from their specifications, by Grafana's own SDK. */
import { DashboardBuilder, QueryVariableBuilder, type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { feedDashboard } from './feed.js';
import { dashboards, type DashboardSpec, type PanelSpec } from './panels.js';

/** The data source that `deploy/grafana` provisions. */
const datasource = { type: 'prometheus', uid: 'prometheus' };
const height = 8;
const refIds = 'ABCDEFGH';

function panel({ title, description, queries, kind, unit, width }: PanelSpec) {
  const builder = kind === 'number' ? new StatBuilder() : new TimeseriesBuilder();
  builder
    .title(title)
    .description(description)
    .datasource(datasource)
    .span(width)
    .height(kind === 'number' ? 4 : height);
  if (unit) builder.unit(unit);
  for (const [i, { expr, legend }] of queries.entries()) {
    const query = new DataqueryBuilder().refId(refIds[i]!).expr(expr);
    builder.withTarget(legend ? query.legendFormat(legend) : query);
  }
  return builder;
}

function dashboard({ uid, title, description, byService, panels }: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['tocsin'])
    .timezone('browser')
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .readonly();
  if (byService)
    builder.withVariable(
      new QueryVariableBuilder('service')
        .label('service')
        .query('label_values(tocsin_entity_budget, service)')
        .datasource(datasource),
    );
  for (const each of panels) builder.withPanel(panel(each));
  return builder.build();
}

/** Every dashboard as the JSON that Grafana's provisioning reads, by file name. */
export const dashboardFiles = (): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    dashboards.map((spec) => [`${spec.uid}.json`, `${JSON.stringify(dashboard(spec), null, 2)}\n`]),
  ),
  'tocsin-alerts.json': feedDashboard(),
});
