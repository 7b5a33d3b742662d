/** `respond`: whom alerts are told to, and what may be called. */
import { z } from 'zod';
import { addressRanges, duration } from '../values.js';
import { grafanaOutput, kafkaOutput, link, lokiOutput, outputName, route, webhookOutput } from './outputs.js';

export const respond = z
  .strictObject({
    stdout: z
      .enum(['auto', 'text', 'json', 'none'])
      .prefault('auto')
      .describe(
        'Alerts on standard output. `text`: a card each. `json`: one object a line. `auto`: text on a terminal, json elsewhere.',
      ),
    max_age: duration(
      '1h',
      'Alerts that are older than this by the clock when they are decided (a backfill) are listed, counted and summarised, and nobody is notified. Grafana still gets them.',
    ),
    alertmanager: z
      .array(
        z.strictObject({
          url: z.url({ protocol: /^https?$/ }).describe('Base address, for example http://alertmanager:9093.'),
          resend: duration('1m', 'Firing alerts are sent again this often.'),
          hold: duration('5m', 'An alert ends by itself there when tocsin has been away for so long.'),
          timeout: duration('10s', 'Limit of one try.'),
          silences: z
            .boolean()
            .prefault(true)
            .describe('What is silenced there is told to nobody else and healed by nothing meanwhile.'),
          watchdog: z.boolean().prefault(true).describe('Keep an always-firing alert, so that silence means trouble.'),
        }),
      )
      .prefault([])
      .describe('Each is told everything, as Prometheus does: one that was away catches up at the next re-send.'),
    webhooks: z.array(webhookOutput).prefault([]),
    private: addressRanges('webhooks and `healing.notify`'),
    kafka: z.array(kafkaOutput).prefault([]).describe('Topics that every transition is written to.'),
    grafana: z.array(grafanaOutput).prefault([]).describe('Annotations: a region from beginning to end.'),
    loki: z.array(lokiOutput).prefault([]).describe('Every transition as a line of a log.'),
    routes: z
      .array(route)
      .prefault([])
      .describe(
        'Which outputs hear of which alerts: the first match decides. Without routes, all outputs hear of all.',
      ),
    default: z.array(outputName).optional().describe('Outputs for what no route matches; all of them where not given.'),
    links: z.array(link).prefault([]).describe('Links in every alert: runbook, dashboards, logs.'),
  })
  .prefault({});
