/** `http`: the process's own server. */
import { z } from 'zod';
import { strongSecret } from '../values.js';

const token = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.@-]{1,60}$/, 'may have letters, digits, and . _ @ -')
    .describe('Who has it: shown as author.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in hex')
    .describe('SHA-256 of the token, hex: `tocsin token` makes both.'),
  scopes: z
    .array(z.enum(['read', 'verdict', 'heal', 'write', 'admin']))
    .min(1)
    .describe(
      '`read`: alerts and states. `verdict`: verdicts. `heal`: approvals, stop, breakers. `write`: posts to a source of type http. `admin`: all.',
    ),
});

/** A range or an address; one of all addresses would believe anybody. */
const proxies = z
  .array(
    z
      .union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])
      .refine((range) => !/\/0+$/.test(range), 'trusts every address: name the ranges of your proxies'),
  )
  .prefault([])
  .describe(
    'Ranges of the proxies in front, for example `10.2.0.0/16`: of the addresses in their `X-Forwarded-For` the right-most that is none of them is the client, by which requests are limited and written down. Of others the header is not believed.',
  );

export const http = z
  .strictObject({
    host: z
      .string()
      .regex(
        /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+)$/,
        'is no address to listen on: write 127.0.0.1 for this machine, 0.0.0.0 for all',
      )
      .prefault('127.0.0.1')
      .describe('Address that is listened on; `0.0.0.0` for all.'),
    port: z.int().min(0).max(65_535).prefault(9464).describe('0 takes a free one.'),
    tls: z
      .strictObject({
        cert: z.string().describe('File of the certificate chain, PEM.'),
        key: z.string().describe('File of the private key, PEM.'),
      })
      .optional()
      .describe('Serve HTTPS.'),
    token: strongSecret('One bearer token that may do all. Better: `tokens`.').optional(),
    tokens: z
      .array(token)
      .prefault([])
      .describe('Bearer tokens. Without any, the API is open to this machine and to nobody else.'),
    rate_limit: z.int().min(1).prefault(300).describe('Requests a minute from one address, /metrics and health apart.'),
    trusted_proxies: proxies,
    protect_metrics: z
      .boolean()
      .prefault(false)
      .describe('/metrics needs a token with the scope `read`: it names services.'),
    console: z
      .boolean()
      .prefault(true)
      .describe('Serve the console at / and the lists of /api/v1: keeps the last 300,000 decisions in memory.'),
    grpc_port: z
      .int()
      .min(0)
      .max(65_535)
      .optional()
      .describe(
        'Answer the inference protocol over gRPC too, at this port of `host`; 0 takes a free one. Needs `console`.',
      ),
    public_url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Where people reach tocsin: the base of links in notifications.'),
    link_secret: strongSecret(
      'Key of signed links, 32 characters or more, the same in every process of a fleet; alone, tocsin makes one.',
    ).optional(),
    slack_signing_secret: strongSecret('Signing secret of the Slack app whose buttons answer alerts.').optional(),
  })
  .prefault({})
  .describe('The console, /api, /metrics, /healthz, /readyz, signed links.');
