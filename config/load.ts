/** From a YAML file to a valid configuration, or to problems with file, line and column. */
import { dirname, resolve } from 'node:path';
import {
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';
import { readBounded } from './bounded-read.js';
import { ConfigError, type ConfigProblem } from './problem.js';
import { configSchema, type Config } from './schema.js';
import { knownKeys, propertyAt } from './shape.js';
import { suggest } from './suggest.js';
import { crossCheck, type Misfit } from './cross-check.js';
import { withDerived } from './derived.js';
import { inWords } from './issue-words.js';
import { unusedKeys, type HasKey } from './unused.js';

/** A further check of a valid configuration, by rooms that this one does not know. */
export type ConfigCheck = (config: Config) => readonly Misfit[];

type KeyPath = readonly PropertyKey[];

/**
 * Reads and validates a configuration file.
 *
 * @param file - path of the YAML file; relative paths in it are taken from its folder
 * @param environment - values for `${NAME}`
 * @throws ConfigError with every problem found, each with file, line and column
 */
export function loadConfig(
  file: string,
  environment: NodeJS.ProcessEnv = process.env,
  checks: readonly ConfigCheck[] = [],
): Config {
  const refuse = (message: string): never => {
    throw new ConfigError([{ file, line: 0, column: 0, message }]);
  };
  let text: string;
  try {
    text = readBounded(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return refuse('does not exist: name a configuration file, or write one with `tocsin init`');
    if (code === 'EISDIR') return refuse('is a folder: name the configuration file in it');
    return refuse(error instanceof RangeError ? message : `cannot be read: ${message}`);
  }
  if (/[\0\ufffd]/.test(text.slice(0, 4096))) return refuse('is no text: name a configuration file, in YAML and UTF-8');
  return parseConfig(text, file, environment, checks);
}

/** As `loadConfig`, from a text; `file` names it in problems. */
export function parseConfig(
  text: string,
  file: string,
  environment: NodeJS.ProcessEnv = process.env,
  checks: readonly ConfigCheck[] = [],
): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: ConfigProblem[] = [];
  const report = (offset: number | undefined, message: string): void => {
    const { line, col } = offset === undefined ? { line: 0, col: 0 } : lines.linePos(offset);
    problems.push({ file, line, column: col, message });
  };

  // What follows it are a thousand errors about brackets.
  const tooDeep = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  if (tooDeep) report(tooDeep.pos[0], 'is nested too deep: a configuration has ten levels or so');
  else for (const error of document.errors) report(error.pos[0], error.message);
  if (problems.length > 0) throw new ConfigError(problems);
  substitute(document, environment, report);
  readFiles(document, dirname(resolve(file)), report);
  if (problems.length > 0) throw new ConfigError(problems);

  let raw: unknown;
  try {
    raw = document.toJS();
  } catch (error) {
    // Aliases of aliases: a few lines that would be billions.
    const isAliases = error instanceof ReferenceError;
    report(undefined, isAliases ? 'its aliases (*name) stand for too much: write the values out' : String(error));
    throw new ConfigError(problems);
  }
  if (raw === null || raw === undefined) {
    report(undefined, 'is empty: it needs at least sources; `tocsin init` writes a file to begin with');
    throw new ConfigError(problems);
  }
  const result = configSchema.safeParse(withDerived(raw));
  if (!result.success) {
    for (const issue of result.error.issues) {
      const ofKeys = issue.code === 'unrecognized_keys' ? issue.path : issue.path.slice(0, -1);
      const unknown = issue.code === 'unrecognized_keys' ? issue.keys : misspelt(raw, issue.path);
      if (unknown.length > 0) {
        for (const key of unknown) {
          const nearest = suggest(key, knownKeys(ofKeys));
          const hint = nearest ? `: did you mean ${nearest}?` : `; known here: ${knownKeys(ofKeys).join(', ')}`;
          report(keyOffset(document, ofKeys, key), `unknown key ${key}${hint}`);
        }
      } else {
        report(offsetOf(document, issue.path), `${issue.path.join('.') || 'the file'}: ${inWords(issue)}`);
      }
    }
    throw new ConfigError(problems);
  }
  const given: HasKey = (path) => document.getIn(path) !== undefined;
  const unused = (config: Config): Misfit[] => unusedKeys(config, given);
  for (const { path, message } of [crossCheck, unused, ...checks].flatMap((check) => check(result.data)))
    report(offsetOf(document, path), `${path.join('.')}: ${message}`);
  if (problems.length > 0) throw new ConfigError(problems);
  return result.data;
}

/** Keys of a source that is of no type which are near to one that would give it one. */
function misspelt(raw: unknown, path: readonly PropertyKey[]): string[] {
  if (path.at(-1) !== 'type') return [];
  let of = raw;
  for (const key of path.slice(0, -1)) of = (of as Readonly<Record<PropertyKey, unknown>>)[key];
  const known = knownKeys(path.slice(0, -1));
  const keys = typeof of === 'object' && of !== null ? Object.keys(of) : [];
  return keys.filter((key) => !known.includes(key) && suggest(key, known) !== undefined);
}

/** Replaces `${NAME}` and `${NAME:-default}` in scalars. `$${` is a literal `${`. */
function substitute(
  document: Document,
  environment: NodeJS.ProcessEnv,
  report: (at: number | undefined, message: string) => void,
): void {
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== 'string' || !node.value.includes('${')) return;
      const replaced = node.value.replace(
        /\$(\$\{)|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g,
        (_all, literal: string | undefined, name: string, fallback: string | undefined) => {
          if (literal) return literal;
          const value = environment[name] ?? fallback;
          if (value === undefined)
            report(node.range?.[0], `the environment has no ${name}: set it, or write \${${name}:-default}`);
          return value ?? '';
        },
      );
      // An unquoted number or boolean stays one after substitution.
      node.value =
        node.type === 'PLAIN' && /^(\d+(\.\d+)?|true|false)$/.test(replaced)
          ? (JSON.parse(replaced) as unknown)
          : replaced;
    },
  });
}

/** Replaces a secret's `NAME_file: path` by `NAME: content`. */
function readFiles(
  document: Document,
  folder: string,
  report: (at: number | undefined, message: string) => void,
): void {
  visit(document, {
    Map(_, node, ancestors) {
      for (const item of [...node.items]) {
        if (!isScalar(item.key) || !isScalar(item.value)) continue;
        const key = String(item.key.value);
        const name = key.slice(0, -5);
        if (!key.endsWith('_file') || !propertyAt([...pathOf(ancestors, node), name])) continue;
        const path = resolve(folder, String(item.value.value));
        try {
          node.set(name, readBounded(path).trim());
          node.delete(key);
        } catch (error) {
          report(item.value.range?.[0], `${key}: cannot be read: ${(error as Error).message}`);
        }
      }
    },
  });
}

function pathOf(ancestors: readonly unknown[], node: YAMLMap): PropertyKey[] {
  const path: PropertyKey[] = [];
  const chain = [...ancestors, node];
  for (let i = 0; i < chain.length - 1; i++) {
    const parent = chain[i];
    if (isMap(parent)) {
      const pair = chain[i + 1];
      if (isScalar((pair as { key?: unknown }).key)) path.push(String((pair as { key: { value: unknown } }).key.value));
    } else if (typeof parent === 'object' && parent !== null && 'items' in parent) {
      path.push((parent as { items: unknown[] }).items.indexOf(chain[i + 1]));
    }
  }
  return path;
}

/** Offset of the deepest node that exists on the way to `path`. */
function offsetOf(document: Document, path: KeyPath): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return (node as Node).range?.[0];
  }
  return undefined;
}

function keyOffset(document: Document, path: KeyPath, key: string): number | undefined {
  const parent = path.length === 0 ? document.contents : document.getIn(path, true);
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    if (isScalar(pair?.key)) return pair.key.range?.[0];
  }
  return offsetOf(document, path);
}
