/** Labels of an entity from what is known of a line, by rules in the manner of Prometheus. */
import { RE2JS } from 're2js';
import type { Labels } from '../../records/entity.js';

/** A rule as Prometheus has them under `relabel_configs`. */
export interface RelabelRule {
  /** Labels whose values are joined by `;` and matched. */
  readonly source_labels: readonly string[];
  /** Must match the whole joined value; RE2 syntax, so it takes linear time. */
  readonly regex: string;
  readonly target_label: string;
  /** `$1` is the first group, `$$` a dollar sign. */
  readonly replacement: string;
}

/**
 * Compiles rules to a function from labels to labels. A rule that does not match changes nothing; an empty result
 * removes the label. Throws at once on a pattern that is none.
 *
 * @example
 * relabel([{ source_labels: ['topic'], regex: 'logs-(.*)', target_label: 'service', replacement: '$1' }])({ topic: 'logs-cart' });
 * // { topic: 'logs-cart', service: 'cart' }
 */
export function relabel(rules: readonly RelabelRule[]): (labels: Labels) => Labels {
  const compiled = rules.map((rule) => ({ ...rule, pattern: RE2JS.compile(`^(?s:${rule.regex})$`) }));
  return (labels) => {
    const changed: Record<string, string> = { ...labels };
    for (const rule of compiled) {
      const matcher = rule.pattern.matcher(rule.source_labels.map((name) => changed[name] ?? '').join(';'));
      if (!matcher.find()) continue;
      const value = rule.replacement.replace(
        /\$(?:(\$)|(\d+)|\{(\d+)\})/g,
        (_, dollar?: string, bare?: string, braced?: string) =>
          dollar ? '$' : groupOf(matcher, Number(bare ?? braced)),
      );
      if (value === '') Reflect.deleteProperty(changed, rule.target_label);
      else changed[rule.target_label] = value;
    }
    return changed;
  };
}

type Matcher = ReturnType<RE2JS['matcher']>;
const groupOf = (matcher: Matcher, group: number): string =>
  group <= matcher.groupCount() ? (matcher.group(group) ?? '') : '';
