/** How the client says who it is: SASL by the settings of `kafka.sasl`. */
import type { SASLOptions } from 'kafkajs';
import { cachedToken, clientCredentialsToken, commandToken, mskToken, type ClientCredentials } from './bearer-token.js';

interface Hidden {
  reveal(): string;
}

/** The settings of `kafka.sasl`. */
export interface SaslSettings {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' | 'oauthbearer' | 'aws-msk-iam';
  readonly username?: string | undefined;
  readonly password?: Hidden | undefined;
  /** Of `oauthbearer`: where tokens are from. */
  readonly token?:
    | ({ readonly [K in keyof ClientCredentials]?: ClientCredentials[K] | undefined } & {
        readonly command?: readonly string[] | undefined;
      })
    | undefined;
  /** Of `aws-msk-iam`. */
  readonly region?: string | undefined;
}

/** @throws Error where settings that a mechanism needs are missing */
export function saslOptions(settings: SaslSettings): SASLOptions {
  const { mechanism, username, password, token, region } = settings;
  if (mechanism === 'oauthbearer') {
    const { command, url, client_id, client_secret, scope, audience } = token ?? {};
    if (command) return { mechanism, oauthBearerProvider: cachedToken(commandToken(command)) };
    if (url !== undefined && client_id !== undefined && client_secret) {
      const credentials = {
        url,
        client_id,
        client_secret,
        ...(scope === undefined ? {} : { scope }),
        ...(audience === undefined ? {} : { audience }),
      };
      return { mechanism, oauthBearerProvider: cachedToken(clientCredentialsToken(credentials)) };
    }
    throw new Error('kafka.sasl.token needs a command, or url, client_id and client_secret');
  }
  if (mechanism === 'aws-msk-iam') {
    if (region === undefined) throw new Error('kafka.sasl.region is missing: the region of the MSK cluster');
    return { mechanism: 'oauthbearer', oauthBearerProvider: cachedToken(mskToken(region)) };
  }
  if (username === undefined || !password)
    throw new Error(`kafka.sasl.mechanism ${mechanism} needs username and password`);
  const credentials = { username, password: password.reveal() };
  return { mechanism, ...credentials };
}
