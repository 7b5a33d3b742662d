/** The keys of a configuration as JSON Schema without types: a chart's values may hold `${VARIABLE}` anywhere. */
import { shape, type ConfigShape } from '../../config/shape.js';

export interface ConfigurationKeys {
  readonly properties?: Readonly<Record<string, ConfigurationKeys>>;
  readonly additionalProperties?: false;
  readonly items?: ConfigurationKeys;
}

const variants = (at: ConfigShape): readonly ConfigShape[] => at.anyOf ?? at.oneOf ?? [at];

/** What the variants of several shapes allow together. */
function together(shapes: readonly ConfigShape[]): ConfigurationKeys {
  const all = shapes.flatMap(variants);
  const objects = all.filter(({ properties }) => properties);
  const items = all.flatMap(({ items: of }) => (of ? [of] : []));
  // Free keys, as those of labels, are in no `properties`.
  const names = [...new Set(objects.flatMap(({ properties }) => Object.keys(properties ?? {})))];
  const fieldsOf = (name: string): ConfigShape[] => objects.flatMap(({ properties }) => properties?.[name] ?? []);
  return {
    ...(names.length > 0
      ? {
          properties: Object.fromEntries(
            names.flatMap((name) => {
              const fields = fieldsOf(name);
              const isText = fields.flatMap(variants).some(({ type }) => type === 'string' || type === undefined);
              return [[name, together(fields)], ...(isText ? [[`${name}_file`, {}]] : [])];
            }),
          ) as Record<string, ConfigurationKeys>,
          additionalProperties: false as const,
        }
      : {}),
    ...(items.length > 0 ? { items: together(items) } : {}),
  };
}

/** Closed where the configuration is: a mistyped key is refused when the chart is rendered. */
export const configurationKeys = (): ConfigurationKeys => together([shape]);
