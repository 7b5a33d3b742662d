/** Rows that broke a rule about data, by rule, for as many rules as a Prometheus should keep. */
import { Counter, type Registry } from 'prom-client';

/** Rules beyond this share the label `(other)`: the first of the suite have their own. */
const maxRules = 100;
const longestLabel = 128;
const other = '(other)';

/** The series of the rules of `features.suite`. */
export class QuarantineMetrics {
  private readonly known = new Set<string>();
  private readonly rows: Counter<'rule'>;

  constructor(registry: Registry) {
    this.rows = new Counter({
      name: 'tocsin_quarantined_rows_total',
      help: `Feature rows that broke a rule of features.suite, by rule; each is in the dead letters. ${maxRules} rules are listed, the others are \`${other}\` together.`,
      labelNames: ['rule'],
      registers: [registry],
    });
  }

  /** Rules of the suite: each has a series from the start, at zero. */
  expect(rules: Iterable<string>): void {
    for (const rule of rules) this.rows.inc({ rule: this.labelOf(rule) }, 0);
  }

  /** A row broke a rule. */
  broke(rule: string): void {
    this.rows.inc({ rule: this.labelOf(rule) });
  }

  /** Rows by rule since the start, rules that no row broke included. */
  async counts(): Promise<Map<string, number>> {
    const { values } = await this.rows.get();
    return new Map(values.map(({ labels, value }) => [String(labels.rule), value]));
  }

  private labelOf(name: string): string {
    const rule = name.slice(0, longestLabel);
    if (this.known.has(rule)) return rule;
    if (this.known.size >= maxRules) return other;
    this.known.add(rule);
    return rule;
  }
}
