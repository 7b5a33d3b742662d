/** A real Prometheus. */
import { startConfigured } from './configured.js';
import type { Service } from './service.js';

export interface PrometheusService extends Service {
  /** The value of an instant query's first series, or undefined where there is none. */
  value(expression: string): Promise<number | undefined>;
}

/** Starts one with this configuration; rule files are given by name and named so in `rule_files`. */
export async function startPrometheus(
  configYaml: string,
  ruleFiles: Readonly<Record<string, string>> = {},
): Promise<PrometheusService> {
  const service = await startConfigured('prometheus', { 'prometheus.yml': configYaml, ...ruleFiles });
  return {
    ...service,
    value: async (expression) => {
      const response = await fetch(`${service.url}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const body = (await response.json()) as { data?: { result: { value: [number, string] }[] }; error?: string };
      if (!body.data) throw new Error(`prometheus refused "${expression}": ${body.error ?? response.statusText}`);
      const first = body.data.result.at(0);
      return first && Number(first.value[1]);
    },
  };
}
