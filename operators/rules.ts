/** Plain rules beside the detectors: deterministic, outside calibration, always explained as rules. */
import { RE2JS } from 're2js';
import type { Operator } from '../records/batch.js';
import { uint } from '../records/wire/codec.js';
import { entityFromKey, type Labels } from '../records/entity.js';
import { levels, type Level } from '../records/log-record.js';
import type { StateStores, Store } from '../records/store.js';
import { mapBatch } from './map-batch.js';
import { compileMatch } from './match/match.js';
import type { Templated, TemplatedWindow, WindowTemplate } from './template.js';

/** A plain rule of the configuration. */
export interface PlainRule {
  readonly name: string;
  /** `page` always fires; `ignore` takes the lines of a template out of the features. */
  readonly action: 'page' | 'ignore';
  /** Labels of the services that it holds for. */
  readonly match: Labels;
  /**
   * RE2 pattern, found anywhere in a template. Not in its sample: that is of whichever source was first, and what is
   * decided must not depend on it.
   */
  readonly pattern?: string;
  /** Lines of this level or above. */
  readonly level?: Level;
  /** Lines that match in a window; default 1. */
  readonly at_least?: number;
  /** No line for so long, ms. */
  readonly silence?: number;
}

interface CompiledRule extends PlainRule {
  readonly applies: (labels: Labels) => boolean;
  readonly found: (template: WindowTemplate) => boolean;
}

/** A rule that cannot be used. */
export class BadRule extends Error {
  override readonly name = 'BadRule';
}

/** Verdicts on templates that are remembered for each pattern; patterns are pure, so forgetting costs time only. */
const REMEMBERED = 100_000;

function compile(rule: PlainRule): CompiledRule {
  const { pattern, level, silence, name } = rule;
  if (pattern === undefined && (rule.action === 'ignore' || (level === undefined && silence === undefined))) {
    const needs = rule.action === 'ignore' ? 'a pattern' : 'a pattern, a level or a silence';
    throw new BadRule(`rule ${name} matches nothing: give it ${needs}`);
  }
  let found: (template: WindowTemplate) => boolean = () => false;
  if (pattern !== undefined) {
    const engine = RE2JS.compile(pattern);
    const results = new Map<string, boolean>();
    found = ({ text }) => {
      let result = results.get(text);
      if (result === undefined) {
        result = engine.matcher(text).find();
        if (results.size >= REMEMBERED) results.clear();
        results.set(text, result);
      }
      return result;
    };
  }
  return { ...rule, applies: compileMatch(rule.match), found };
}

/**
 * Takes ignored templates out of log windows and notes the rules that page.
 *
 * Levels, values and seconds are not counted by template, so the level ratios of a window still hold ignored lines.
 *
 * @throws BadRule at once where a rule can match nothing
 * @example rules(stores, [{ name: 'oom', action: 'page', match: {}, pattern: 'OOMKilled' }])
 */
export function rules(stores: StateStores, plain: readonly PlainRule[]): Operator<Templated, Templated> {
  const compiled = plain.map(compile);
  const lastLines = stores.open('last-lines', uint);
  const silences = compiled.some(({ silence }) => silence !== undefined);
  return mapBatch((batch) => ({
    ...batch,
    items: batch.items.map((item) => {
      if (item.type === 'boundary') for (const entity of item.expired) lastLines.delete(entity);
      if (item.type !== 'templated' || compiled.length === 0) return item;
      return applyRules(item, compiled, silences ? silentSince(lastLines, item) : 0);
    }),
  }));
}

/** ms without a line at the end of the window. */
function silentSince(lastLines: Store<number>, { window }: TemplatedWindow): number {
  const last = lastLines.get(window.entity);
  // What was not read may have lines: a cut window is no silence.
  const isKnown = window.aggregate.lines > 0 || window.flags.includes('cut');
  if (isKnown || last === undefined) lastLines.put(window.entity, window.end);
  return isKnown || last === undefined ? 0 : window.end - last;
}

function applyRules(item: TemplatedWindow, compiled: readonly CompiledRule[], silent: number): TemplatedWindow {
  const { labels } = entityFromKey(item.window.entity);
  const mine = compiled.filter((rule) => rule.applies(labels));
  if (mine.length === 0) return item;
  const matched = mine.filter((rule) => rule.action === 'page' && pages(rule, item, silent));
  const ignoring = mine.filter(({ action }) => action === 'ignore');
  const kept = item.templates.filter((template) => !ignoring.some((rule) => rule.found(template)));
  const ignored = item.templates.reduce((sum, { count }) => sum + count, 0) - kept.reduce((sum, t) => sum + t.count, 0);
  return {
    ...item,
    templates: matched.length > 0 ? kept.map((template) => withRule(template, matched)) : kept,
    lines: item.lines - ignored,
    rules: matched.map(({ name }) => name),
  };
}

/** The template with the first of the rules that found it, for the explanation. */
function withRule(template: WindowTemplate, matched: readonly CompiledRule[]): WindowTemplate {
  const rule = matched.find(({ found }) => found(template))?.name;
  return rule === undefined ? template : { ...template, rule };
}

function pages(
  { pattern, level, silence, at_least: least = 1, found }: CompiledRule,
  item: TemplatedWindow,
  silent: number,
): boolean {
  if (silence !== undefined && silent >= silence) return true;
  if (pattern !== undefined) {
    const lines = item.templates.reduce((sum, template) => sum + (found(template) ? template.count : 0), 0);
    if (lines < least) return false;
    if (level === undefined) return true;
  }
  if (level === undefined) return false;
  let lines = 0;
  for (const [index, count] of item.window.aggregate.levels) if (index >= levels.indexOf(level)) lines += count;
  return lines >= least;
}
