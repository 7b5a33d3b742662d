/**
 * Templates of webhook bodies, links and headers: Mustache (variables, sections, nothing else) over plain data.
 *
 * Nothing is executed: a name finds own properties of the data only, never a function or a prototype's; partials give
 * nothing; every value is escaped, `{{{name}}}` too (but for a web address that is a whole text); what a value contains
 * is never read as a template.
 */
import Mustache from 'mustache';
import { shown } from '../../records/shown-text.js';
import { escapes, wellFormed, type Escape } from './escape.js';

/** Plain data. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };
/** What templates see. */
export type TemplateView = Readonly<Record<string, JsonValue>>;

/** No value is longer in a body, UTF-16 code units: what a log line holds must not fill a chat. */
const longestValue = 4096;

/** Looks names up in the data alone, innermost section first. */
class TemplateScope extends Mustache.Context {
  constructor(
    private readonly data: JsonValue | undefined,
    private readonly outer?: TemplateScope,
  ) {
    super(data);
  }

  override push(data: JsonValue): TemplateScope {
    return new TemplateScope(data, this);
  }

  override lookup(name: string): JsonValue | undefined {
    if (name === '.') return this.data;
    const [first, ...rest] = name.split('.');
    return rest.reduce(own, this.find(first!));
  }

  /** The innermost scope that has the first part of a dotted name decides. */
  private find(name: string): JsonValue | undefined {
    return own(this.data, name) ?? this.outer?.find(name);
  }
}

const own = (data: JsonValue | undefined, name: string): JsonValue | undefined =>
  typeof data === 'object' && data !== null && !Array.isArray(data) && Object.hasOwn(data, name)
    ? (data as TemplateView)[name]
    : undefined;

const asText = (value: JsonValue | undefined): string => {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length > longestValue ? `${wellFormed(text.slice(0, longestValue - 1))}…` : text;
};

class SafeWriter extends Mustache.Writer {
  constructor(private readonly escape: Escape) {
    super();
  }
  override escapedValue([, name]: string[], scope: Mustache.Context): string {
    return escapes[this.escape](asText(scope.lookup(name!) as JsonValue | undefined));
  }
  override unescapedValue(token: string[], scope: Mustache.Context): string {
    return this.escapedValue(token, scope);
  }
  override renderPartial(): string {
    return '';
  }
}

const writers = new Map<Escape, SafeWriter>();
const writerOf = (escape: Escape): SafeWriter => {
  const writer = writers.get(escape) ?? new SafeWriter(escape);
  writers.set(escape, writer);
  return writer;
};

/**
 * Renders a text. Unknown names give nothing; `lint` finds them before.
 *
 * @throws Error where the template is no Mustache
 * @example renderText('{{severity}}: {{labels.service}}', view, 'slack')
 */
export function renderText(template: string, view: TemplateView, escape: Escape = 'none'): string {
  return writerOf(escape).render(template, new TemplateScope(view));
}

/** How the texts of a tree come out. */
export interface TreeStyle {
  readonly escape?: Escape;
  /** No text is longer, UTF-16 code units. */
  readonly longest?: number;
}

/**
 * Renders a tree of JSON whose texts are templates, so that no value can change its structure.
 *
 * - A text that is one `{{{name}}}` and nothing else keeps the kind of its value (number, list, object, null); where
 *   that is a web address it is not escaped, since it is no text.
 * - In a list `{ "#name": item }` gives one item for each entry of `name` (for a single true value, one), and
 *   `{ "^name": item }` one where it is empty or false.
 * - In an object the members of `"#name": { … }` are there where `name` is neither empty nor false, those of
 *   `"^name": { … }` where it is.
 *
 * @example
 * renderTree({ text: '{{summary}}', facts: [{ '#standouts': { title: '{{feature}}' } }] }, view, 'slack')
 */
export function renderTree(tree: JsonValue, view: TemplateView, style: TreeStyle | Escape = {}): JsonValue {
  return render(tree, new TemplateScope(view), typeof style === 'string' ? { escape: style } : style);
}

function render(tree: JsonValue, scope: TemplateScope, style: TreeStyle): JsonValue {
  if (typeof tree === 'string') return renderLeaf(tree, scope, style);
  if (typeof tree !== 'object' || tree === null) return tree;
  if (Array.isArray(tree)) return (tree as readonly JsonValue[]).flatMap((item) => rendered(item, scope, style));
  const members: [string, JsonValue][] = [];
  for (const [name, value] of Object.entries(tree)) {
    if (!/^[#^]/.test(name)) members.push([name, render(value, scope, style)]);
    else for (const part of section(name, value, scope, style).slice(0, 1)) members.push(...Object.entries(part ?? {}));
  }
  return Object.fromEntries(members);
}

function renderLeaf(template: string, scope: TemplateScope, { escape = 'none', longest }: TreeStyle): JsonValue {
  const whole = /^\{\{\{\s*([\w.-]+)\s*\}\}\}$/.exec(template);
  const value = whole ? scope.lookup(whole[1]!) : undefined;
  if (whole && typeof value !== 'string') return escape === 'none' ? (value ?? null) : withShown(value ?? null);
  if (typeof value === 'string' && webAddress.test(value)) return value;
  return shortened(writerOf(escape).render(template, scope), longest ?? Infinity);
}

/** Data for people that keeps its kind: its texts have no markup, and their controls are shown. */
function withShown(value: JsonValue): JsonValue {
  if (typeof value === 'string') return shown(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(withShown);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [shown(name), withShown(one)]));
}

const webAddress = /^https?:\/\/[\w.~:/?#@!$&*+,;=%-]+$/;

/** Cut, and not in the middle of an escape. */
function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${wellFormed(text.slice(0, longest - 1)).replace(/(?:&[#\w]{0,5}|\\)$/, '')}…`;
}

/** What an entry of a list gives: itself, or what its section gives. */
function rendered(item: JsonValue, scope: TemplateScope, style: TreeStyle): readonly JsonValue[] {
  const names = typeof item === 'object' && item !== null && !Array.isArray(item) ? Object.keys(item) : [];
  const [name = ''] = names;
  if (names.length !== 1 || !/^[#^]/.test(name)) return [render(item, scope, style)];
  return section(name, (item as TemplateView)[name]!, scope, style);
}

function section(name: string, body: JsonValue, scope: TemplateScope, style: TreeStyle): readonly JsonValue[] {
  const value = scope.lookup(name.slice(1));
  const empty = !value || (Array.isArray(value) && value.length === 0);
  if (name.startsWith('^')) return empty ? [render(body, scope, style)] : [];
  if (empty) return [];
  const entries: readonly JsonValue[] = Array.isArray(value) ? value : [value];
  return entries.map((entry) => render(body, scope.push(entry), style));
}

/**
 * What is wrong with a template, for `lint`: broken syntax, partials, changed delimiters, names that the data has not.
 *
 * @param example data with every name that there may be; lists with one entry
 */
export function templateProblems(tree: JsonValue, example: TemplateView): string[] {
  return [...new Set(problems(tree, new TemplateScope(example)))];
}

function problems(tree: JsonValue, scope: TemplateScope): string[] {
  if (typeof tree === 'string') {
    try {
      return tokenProblems(writerOf('none').parse(tree) as Token[], scope);
    } catch (error) {
      return [`is no template: ${(error as Error).message}`];
    }
  }
  if (typeof tree !== 'object' || tree === null) return [];
  if (Array.isArray(tree)) return (tree as readonly JsonValue[]).flatMap((item) => problems(item, scope));
  return Object.entries(tree).flatMap(([name, value]) => {
    if (!/^[#^]/.test(name)) return problems(value, scope);
    const at = name.slice(1);
    return [...unknown(at, scope), ...problems(value, name.startsWith('#') ? inside(at, scope) : scope)];
  });
}

type Token = readonly [kind: string, value: string, start: number, end: number, children?: readonly Token[] | string];

const unknown = (name: string, scope: TemplateScope): string[] =>
  scope.lookup(name) === undefined && !/^(labels|annotations|secrets|parameters)\./.test(name)
    ? [`has no value called ${name}`]
    : [];

const inside = (name: string, scope: TemplateScope): TemplateScope => {
  const value = scope.lookup(name);
  return scope.push(Array.isArray(value) ? ((value as readonly JsonValue[])[0] ?? '') : (value ?? ''));
};

function tokenProblems(tokens: readonly Token[], scope: TemplateScope): string[] {
  return tokens.flatMap(([kind, value, , , children]) => {
    if (kind === 'text' || kind === '!') return [];
    if (kind === '>' || kind === '=') return [`may not use {{${kind}${value}}}: only variables and sections`];
    const own = unknown(value, scope);
    if (kind !== '#' && kind !== '^') return own;
    return [...own, ...tokenProblems(children as readonly Token[], kind === '#' ? inside(value, scope) : scope)];
  });
}
