/** The schema as a tree that can be walked by path: for suggestions and for the reference page. */
import { z } from 'zod';
import { configSchema } from './schema.js';

/** The part of JSON Schema that zod gives for our schema. */
export interface ConfigShape {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, ConfigShape>>;
  readonly required?: readonly string[];
  readonly items?: ConfigShape;
  readonly anyOf?: readonly ConfigShape[];
  readonly oneOf?: readonly ConfigShape[];
  readonly format?: string;
}

/** The input side of the schema: what people write. */
export const shape = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as ConfigShape;

const variants = (at: ConfigShape): readonly ConfigShape[] => at.oneOf ?? at.anyOf ?? [at];

function shapesAt(path: readonly PropertyKey[]): ConfigShape[] {
  let at: ConfigShape[] = [shape];
  for (const step of path) {
    at = at
      .flatMap(variants)
      .map((one) => (typeof step === 'number' ? one.items : one.properties?.[String(step)]))
      .filter((one) => one !== undefined);
  }
  return at.flatMap(variants);
}

/** Keys that may stand in the object at `path`. */
export function knownKeys(path: readonly PropertyKey[]): string[] {
  return [...new Set(shapesAt(path).flatMap((one) => Object.keys(one.properties ?? {})))];
}

/** Whether the schema has a property at `path`. */
export const propertyAt = (path: readonly PropertyKey[]): boolean => shapesAt(path).length > 0;
