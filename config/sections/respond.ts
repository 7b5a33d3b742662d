/** `respond`: whom alerts are told to, and what may be called. */
import { z } from 'zod';
import { duration, match, secret } from '../values.js';

const webhook = {
  name: z.string().regex(/^[a-z0-9-]+$/, 'may have a to z, 0 to 9 and -'),
  url: z.url({ protocol: /^https?$/ }).describe('Where to POST.'),
  secret: secret('Key of the Standard Webhooks signature, `whsec_` and base64.').optional(),
  timeout: duration('10s', 'Limit of one try.'),
  expire: duration('1h', 'After this long without success it goes to the dead letters.'),
};

export const respond = z
  .strictObject({
    stdout: z.boolean().prefault(true).describe('Print alerts.'),
    alertmanager: z
      .array(
        z.strictObject({
          url: z.url({ protocol: /^https?$/ }).describe('Base address, for example http://alertmanager:9093.'),
          resend: duration('1m', 'Firing alerts are sent again this often.'),
          hold: duration('5m', 'An alert ends by itself there when tocsin has been away for so long.'),
          timeout: duration('10s', 'Limit of one try.'),
          watchdog: z.boolean().prefault(true).describe('Keep an always-firing alert, so that silence means trouble.'),
        }),
      )
      .prefault([])
      .describe('Each is told everything, as Prometheus does: one that was away catches up at the next re-send.'),
    webhooks: z
      .array(
        z.strictObject({
          ...webhook,
          match,
          body: z
            .enum(['standard', 'alertmanager'])
            .prefault('standard')
            .describe(
              '`standard`: Standard Webhooks, signed. `alertmanager`: the version 4 body of its webhook receiver.',
            ),
        }),
      )
      .prefault([]),
  })
  .prefault({});
