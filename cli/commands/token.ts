/** Makes a bearer token and what the configuration keeps of it. */
import { Command } from 'commander';
import { examples } from '../command-line.js';
import { randomBytes } from 'node:crypto';
import { stringify } from 'yaml';
import { scopes as known, tokenHash } from '../../connectors/http/tokens.js';
import { StartError } from '../../runtime/start-error.js';

export function token(name: string, { scopes }: { readonly scopes: string }): void {
  const wanted = scopes.split(',').map((scope) => scope.trim());
  const strange = wanted.find((scope) => !(known as readonly string[]).includes(scope));
  if (strange !== undefined) throw new StartError(`${strange} is no scope: known are ${known.join(', ')}`);
  const made = `tocsin_${randomBytes(32).toString('base64url')}`;
  // The token alone on standard output, so that it can go to a file.
  console.log(made);
  console.error(
    '# for the configuration:\n' + stringify({ http: { tokens: [{ name, sha256: tokenHash(made), scopes: wanted }] } }),
  );
}

export const command = new Command('token')
  .description('make a bearer token and the entry for http.tokens; the token is shown once and stored nowhere')
  .argument('<name>', 'who has it')
  .option('--scopes <list>', 'read, verdict, heal, write, admin; comma-separated', 'read')
  .addHelpText('after', examples('tocsin token grafana', 'tocsin token oncall --scopes read,verdict,heal'))
  .action(token);
