/** What is spent of each service's budget, for as many services as a Prometheus should keep. */
import { Counter, Gauge, type Registry } from 'prom-client';

/** Services beyond this share the label `(other)`; the first that alert have their own. */
const maxServices = 1000;
const longestLabel = 128;
const other = '(other)';

/** The series of services. */
export class ServiceMetrics {
  private readonly known = new Set<string>();
  private readonly episodes: Counter<'service'>;
  private readonly falseAlerts: Counter<'service'>;
  private readonly budget: Gauge<'service'>;

  constructor(registry: Registry) {
    const options = { labelNames: ['service'] as const, registers: [registry] };
    const most = `${maxServices} services are listed, the others are \`${other}\` together`;
    this.episodes = new Counter({
      ...options,
      name: 'tocsin_alert_episodes_total',
      help: `Alert episodes, without questions, by service: what may be spent of its budget. ${most}.`,
    });
    this.falseAlerts = new Counter({
      ...options,
      name: 'tocsin_false_alerts_total',
      help: 'Alerts that a verdict calls anything but an anomaly, by service: budget spent.',
    });
    this.budget = new Gauge({
      ...options,
      name: 'tocsin_budget_false_alerts_a_week',
      help: 'False alerts a week that a service may cost; set when it first has an alert.',
    });
  }

  /** An alert of a service begins. @param budget - false alerts a week that it may cost */
  alerted(name: string, budget: number): void {
    const service = this.labelOf(name);
    this.episodes.inc({ service });
    if (service !== other) this.budget.set({ service }, budget);
  }

  /** What was spent since the start. */
  async spent(): Promise<{ service: string; alerts: number; false: number; perWeek?: number }[]> {
    const of = async (metric: Counter<'service'> | Gauge<'service'>): Promise<Map<string, number>> =>
      new Map((await metric.get()).values.map(({ labels, value }) => [String(labels.service), value]));
    const [alerts, wrong, budget] = [await of(this.episodes), await of(this.falseAlerts), await of(this.budget)];
    return [...new Set([...alerts.keys(), ...wrong.keys()])].map((service) => {
      const perWeek = budget.get(service);
      return {
        service,
        alerts: alerts.get(service) ?? 0,
        false: wrong.get(service) ?? 0,
        ...(perWeek === undefined ? {} : { perWeek }),
      };
    });
  }

  calledFalse(name: string): void {
    this.falseAlerts.inc({ service: this.labelOf(name) });
  }

  private labelOf(name: string): string {
    const service = name.slice(0, longestLabel);
    if (this.known.has(service)) return service;
    if (this.known.size >= maxServices) return other;
    this.known.add(service);
    return service;
  }
}
