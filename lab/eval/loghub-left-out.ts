/**
 * How the rules of template mining do on systems on which they were not chosen: for every third of the systems, rules and
 * constants are chosen on the others and on log families rendered from documentation, and scored on it. With twelve systems
 * there are 495 ways to leave four out.
 */
import { renderedLogs } from './families/render.js';
import { templateRules, type TemplateRules } from '../../models/templates/rules.js';
import { labelledLogs, minedLines, type LabelledLog } from './loghub.js';
import type { EvalResult } from './result.js';
import { templateAccuracy, type TemplateAccuracy } from './template-accuracy.js';
import { step } from './progress.js';

type Switch = { [K in keyof TemplateRules]: TemplateRules[K] extends boolean ? K : never }[keyof TemplateRules];
const switches = (Object.keys(templateRules) as (keyof TemplateRules)[]).filter(
  (name): name is Switch => typeof templateRules[name] === 'boolean',
);
/** Values that a constant may take. */
const grid: Readonly<Record<Exclude<keyof TemplateRules, Switch>, readonly number[]>> = {
  many: [2, 3, 4, 5, 6, 8],
  manyInShort: [3, 4, 6, 8, 12],
  long: [2, 3, 4, 5, 6],
  manyFirst: [4, 6, 10, 20],
};
/** A rule that adds less than this to the mean of the three measures on the systems that choose is not chosen. */
const worth = 0.0001;

/** Scores of systems under rules, each computed once. */
class Scores {
  private readonly known = new Map<string, TemplateAccuracy>();

  of(log: LabelledLog, rules: TemplateRules): TemplateAccuracy {
    const key = `${log.system} ${JSON.stringify(rules)}`;
    let score = this.known.get(key);
    if (!score) this.known.set(key, (score = templateAccuracy(minedLines(log.messages, rules), log.truth)));
    return score;
  }

  mean(logs: readonly LabelledLog[], rules: TemplateRules): TemplateAccuracy {
    return meanOf(logs.map((log) => this.of(log, rules)));
  }
}

/** Every choice of `size` items, each in the order of the items. */
function* subsets<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  if (size === 0) yield [];
  else
    for (let i = 0; i <= items.length - size; i++)
      for (const rest of subsets(items.slice(i + 1), size - 1)) yield [items[i]!, ...rest];
}

function meanOf(scores: readonly TemplateAccuracy[]): TemplateAccuracy {
  const mean = (measure: string): number => scores.reduce((sum, score) => sum + score[measure]!, 0) / scores.length;
  return { ga: mean('ga'), fga: mean('fga'), fta: mean('fta') };
}

const total = ({ ga, fga, fta }: TemplateAccuracy): number => (ga + fga + fta) / 3;

/** Texts of rendered families follow no labeller, so that only their groups count. */
const grouped = ({ ga, fga }: TemplateAccuracy): number => (ga + fga) / 2;

/**
 * Greedy: each rule goes that is worth its while neither on these logs nor on the rendered families, then each constant
 * takes its best value on these logs.
 */
function chosen(logs: readonly LabelledLog[], rendered: readonly LabelledLog[], scores: Scores): TemplateRules {
  const value = (rules: TemplateRules): number => total(scores.mean(logs, rules));
  const onRendered = (rules: TemplateRules): number =>
    rendered.length === 0 ? 0 : grouped(scores.mean(rendered, rules));
  let rules = templateRules;
  for (const name of switches) {
    const without = { ...rules, [name]: false };
    if (value(rules) - value(without) < worth && onRendered(rules) - onRendered(without) < worth) rules = without;
  }
  for (const [name, values] of Object.entries(grid)) {
    for (const candidate of values) {
      const other = { ...rules, [name]: candidate };
      if (value(other) - value(rules) >= worth) rules = other;
    }
  }
  return rules;
}

/**
 * Scores left-out systems: `overall` is the mean over all of them and all choices, `parts` each system's mean, the share
 * of choices that took each rule (`chosen`), and what the full set loses on all systems without it.
 *
 * @param dir - as for `evalLoghub`
 * @param rendered - logs that take part in every choice and in no figure; each has a row of its own with all rules
 */
export async function evalLoghubLeftOut(
  dir: string,
  rendered: readonly LabelledLog[] = renderedLogs(1),
): Promise<EvalResult> {
  const began = performance.now();
  const logs = await labelledLogs(dir);
  const scores = new Scores();
  const leftOut = new Map<string, TemplateAccuracy[]>(logs.map(({ system }) => [system, []]));
  const took = new Map<string, number>();
  let choices = 0;
  for (const out of subsets(logs, Math.max(1, Math.floor(logs.length / 3)))) {
    const rules = chosen(
      logs.filter((log) => !out.includes(log)),
      rendered,
      scores,
    );
    choices++;
    await step();
    for (const name of switches) if (rules[name]) took.set(name, (took.get(name) ?? 0) + 1);
    for (const log of out) leftOut.get(log.system)!.push(scores.of(log, rules));
  }
  const full = scores.mean(logs, templateRules);
  const parts: Record<string, Record<string, number>> = {};
  for (const [system, all] of leftOut) parts[system] = meanOf(all);
  for (const name of switches) {
    const without = scores.mean(logs, { ...templateRules, [name]: false });
    parts[`without ${name}`] = {
      ga: without.ga - full.ga,
      fga: without.fga - full.fga,
      fta: without.fta - full.fta,
      chosen: (took.get(name) ?? 0) / choices,
    };
  }
  for (const log of rendered) parts[`rendered ${log.system}`] = scores.of(log, templateRules);
  const seconds = (performance.now() - began) / 1000;
  const lines = logs.reduce((sum, { messages }) => sum + messages.length, 0);
  return {
    benchmark: 'loghub-left-out',
    overall: { ...meanOf([...leftOut.values()].map(meanOf)), chosen: 1 },
    parts,
    counts: { systems: logs.length, choices },
    seconds,
    linesPerSecond: (lines * choices) / seconds,
  };
}
