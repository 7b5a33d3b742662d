/** A real Alertmanager, without gossip. */
import { startConfigured } from './configured.js';
import type { Service } from './service.js';

/** An alert as `GET /api/v2/alerts` lists it; only what tests look at. */
export interface ListedAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  endsAt: string;
  fingerprint: string;
  status: { state: 'unprocessed' | 'active' | 'suppressed' };
}

export interface AlertmanagerService extends Service {
  /** All alerts that it holds now, resolved ones excepted. */
  alerts(): Promise<ListedAlert[]>;
}

/** A configuration that sends every group at once to one webhook, and its end after a second. */
export const notifyAtOnce = (webhookUrl: string): string => `route:
  receiver: webhook
  group_by: ['...']
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: webhook
    webhook_configs:
      - url: ${webhookUrl}
        send_resolved: true
`;

/** Starts one with this configuration. */
export async function startAlertmanager(configYaml: string): Promise<AlertmanagerService> {
  const service = await startConfigured('alertmanager', { 'alertmanager.yml': configYaml });
  return {
    ...service,
    alerts: async () => (await (await fetch(`${service.url}/api/v2/alerts`)).json()) as ListedAlert[],
  };
}
