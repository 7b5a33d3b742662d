/**
 * OpenMetrics, for scrapers that ask for it: the text of the registry in its stricter form, with exemplars
 * (<https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md>). The client library can write it, but
 * then takes `_total` off the names of counters for good, so that no other form could be written beside it.
 */
import { Histogram, type Registry } from 'prom-client';

/** The content type of OpenMetrics 1.0. */
export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** A histogram of which each bucket remembers the last thing that fell into it. */
export class ExemplarHistogram {
  private readonly histogram: Histogram;
  private readonly last = new Map<string, string>();
  private readonly bounds: readonly number[];

  constructor(options: {
    readonly name: string;
    readonly help: string;
    readonly buckets: readonly number[];
    readonly registers: Registry[];
  }) {
    this.bounds = options.buckets;
    this.histogram = new Histogram({ ...options, buckets: [...options.buckets] });
    this.name = options.name;
  }

  private readonly name: string;

  /** @param label name and value of the exemplar; both are short and plain */
  observe(value: number, [name, what]: readonly [string, string], now: number): void {
    this.histogram.observe(value);
    const bound = this.bounds.find((each) => value <= each);
    const line = `${this.name}_bucket{le="${bound ?? '+Inf'}"}`;
    this.last.set(line, ` # {${name}="${what}"} ${value} ${now / 1000}`);
  }

  /** Exemplars by the name and labels of their lines. */
  get exemplars(): ReadonlyMap<string, string> {
    return this.last;
  }
}

/** @param text of the registry in the form of Prometheus */
export function openMetricsOf(text: string, exemplars: ReadonlyMap<string, string>): string {
  const families = text.split('\n\n').map((family) => {
    const lines = family.split('\n').filter((line) => line !== '');
    const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(lines.find((line) => line.startsWith('# TYPE ')) ?? '') ?? [];
    if (name === undefined) return lines;
    // A counter has the name of its family and `_total`; what has another name may be anything.
    const isCounter = type === 'counter' && name.endsWith('_total');
    const own = isCounter ? name.slice(0, -'_total'.length) : name;
    const kind = type === 'counter' && !isCounter ? 'unknown' : type;
    return lines.map((line) => {
      if (line.startsWith('# HELP ')) return `# HELP ${own} ${line.slice(`# HELP ${name} `.length)}`;
      if (line.startsWith('# TYPE ')) return `# TYPE ${own} ${kind}`;
      const exemplar = type === 'histogram' ? exemplars.get(line.slice(0, line.lastIndexOf(' '))) : undefined;
      return exemplar === undefined ? line : line + exemplar;
    });
  });
  return `${families.flat().join('\n')}\n# EOF\n`;
}
