/** Writes what Feast has to know of the feature store: `feature_store.yaml`, and the definitions of its views. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import type { Config } from '../../config/schema.js';
import { joinKey } from '../../connectors/feast/online-store.js';
import { valueTypes, type ValueType } from '../../connectors/feast/layout.js';
import type { ParquetColumn } from '../../connectors/parquet/part.js';
import { readColumns } from '../../connectors/parquet/part.js';
import { schemas } from '../../models/features/schemas.js';
import { writeWhole } from '../../models/registry/registry.js';
import { featureType, onlineViews } from '../../training/features/online-rows.js';
import { readManifest } from '../../training/features/store.js';
import { columnsOf, type ViewName } from '../../training/features/views.js';

export interface FeastRequest {
  /** Folder of the offline store. */
  readonly store: string;
  /** Where the two files go. */
  readonly out: string;
}

/** Variable of the environment that the generated file takes the password from. */
export const passwordVariable = 'TOCSIN_FEATURES_PASSWORD';

/** Gives the paths of what was written. Without `features.online` Feast gets no online store. */
export async function writeFeast(config: Config, { store, out }: FeastRequest): Promise<string[]> {
  await mkdir(out, { recursive: true });
  const [yaml, python] = [join(out, 'feature_store.yaml'), join(out, 'tocsin_features.py')];
  await writeWhole(yaml, feastSettings(config));
  await writeWhole(python, await definitions(resolve(store)));
  return [yaml, python];
}

function feastSettings({ features: { online } }: Config): string {
  const head = '# Written by `tocsin features feast`.\n';
  const settings = {
    project: online?.project ?? 'tocsin',
    provider: 'local',
    registry: 'registry.db',
    offline_store: { type: 'duckdb' },
    ...(online ? { online_store: onlineSettings(online) } : { online_store: null }),
    entity_key_serialization_version: 3,
  };
  return head + stringify(settings);
}

function onlineSettings({
  url,
  username,
  password,
}: NonNullable<Config['features']['online']>): Readonly<Record<string, string>> {
  const urls = (typeof url === 'string' ? [url] : url).map((text) => new URL(text));
  const database = urls[0]!.pathname.slice(1);
  const options = [
    ...urls.map(({ hostname, port }) => `${hostname}:${port || '6379'}`),
    ...(database === '' ? [] : [`db=${database}`]),
    ...(urls[0]!.protocol === 'rediss:' ? ['ssl=true'] : []),
    ...(username === undefined ? [] : [`username=${username}`]),
    // Never the password itself: Feast takes variables of the environment.
    ...(password ? [`password=\${${passwordVariable}}`] : []),
  ];
  return {
    type: 'redis',
    ...(urls.length > 1 ? { redis_type: 'redis_cluster' } : {}),
    connection_string: options.join(','),
  };
}

const feastTypes: Readonly<Record<ValueType, string>> = {
  string: 'String',
  int32: 'Int32',
  double: 'Float64',
  float: 'Float32',
  bool: 'Bool',
};

/** The columns of a view: those of every schema that is known, and what stored parts have besides. */
async function columnsIn(store: string, view: ViewName): Promise<ParquetColumn[]> {
  const columns = new Map<string, ParquetColumn>();
  const add = (more: readonly ParquetColumn[]): void => {
    for (const column of more) if (!columns.has(column.name)) columns.set(column.name, column);
  };
  if (view === 'decisions') add(columnsOf(view, '', []));
  else
    for (const { id } of schemas.values())
      if (id.startsWith('series') === (view === 'series')) add(columnsOf(view, id, []));
  const newest = new Map<string, string>();
  // In order of paths, and so of days.
  for (const { view: of, schema, path } of (await readManifest(store)).parts) if (of === view) newest.set(schema, path);
  for (const path of newest.values()) add(await readColumns(join(store, path)));
  return [...columns.values()];
}

const text = (value: string): string => JSON.stringify(value);

async function definitions(store: string): Promise<string> {
  const views: string[] = [];
  for (const view of onlineViews) {
    const fields = (await columnsIn(store, view)).flatMap((column) => {
      const type = featureType(column);
      return type ? [`        Field(name=${text(column.name)}, dtype=${feastTypes[type]}),`] : [];
    });
    views.push(
      [
        `${view} = FeatureView(`,
        `    name=${text(view)},`,
        `    entities=[entity],`,
        // A row holds until the next one: who asks says how old it may be.
        `    ttl=timedelta(0),`,
        `    schema=[`,
        ...fields,
        `    ],`,
        `    source=FileSource(`,
        `        name=${text(`tocsin_${view}`)},`,
        `        path=${text(`${store}/view=${view}/*/*.parquet`)},`,
        `        timestamp_field="event_time",`,
        `        created_timestamp_column="known_time",`,
        `    ),`,
        `    online=True,`,
        `)`,
      ].join('\n'),
    );
  }
  const types = (Object.keys(valueTypes) as ValueType[]).map((type) => feastTypes[type]).sort();
  return [
    '"""Views of tocsin for Feast. Written by `tocsin features feast`: changes are lost when it is written again."""',
    'from datetime import timedelta',
    '',
    'from feast import Entity, FeatureView, Field, FileSource, ValueType',
    `from feast.types import ${types.join(', ')}`,
    '',
    `entity = Entity(name=${text(joinKey)}, join_keys=[${text(joinKey)}], value_type=ValueType.STRING)`,
    '',
    views.join('\n\n'),
    '',
  ].join('\n');
}
