/** Settings of TLS, with files of their own: `kafka.tls` and `nats.tls`. */
import { z } from 'zod';
import { secret } from '../values.js';

const tlsFiles = z.strictObject({
  ca: z.string().optional(),
  certificate: z.string().optional(),
  key: z.string().optional(),
  passphrase: secret('Of the key.').optional(),
  server_name: z.string().optional(),
});

/** @param whose - whose certificates `server_name` is about */
export const tls = (whose: string) =>
  z
    .union([z.boolean(), tlsFiles])
    .prefault(false)
    .describe(
      `\`true\`, or an object with files of its own: \`ca\` (PEM of the authorities to trust), \`certificate\` and \`key\` (PEM of this client), \`passphrase\` (of the key), \`server_name\` (which ${whose} must have). Files are read again when they have changed.`,
    );
