/** Healing from the command line: what is going on, what people decide, what would be sent, and whether the ledger is whole. */
import { Command } from 'commander';
import { examples, ofRunning, withAuthor, withConfig } from '../command-line.js';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSettledConfig } from '../../service/channel-topics.js';
import { readConfig } from '../../service/configuration.js';
import type { HealingState } from '../../connectors/http/healing-routes.js';
import { exampleAlert } from '../../connectors/webhook/example.js';
import { remedyRequest, shownHeaders } from '../../connectors/webhook/remedy.js';
import { actionId } from '../../operators/heal/rule.js';
import { alertCodec, type Alert } from '../../records/alert.js';
import { decode, encode } from '../../records/wire/codec.js';
import { entity, entityFromKey } from '../../records/entity.js';
import type { HealingEntry } from '../../records/healing.js';
import { AuditChain } from '../../runtime/audit-log.js';
import { callApi, type ApiOptions } from '../api-client.js';
import { exitCodes } from '../exit-codes.js';
import { StartError } from '../../runtime/start-error.js';
import { callOf, healingRules, remedyTargets } from '../../service/healing/options.js';
import { line, shown } from '../terminal/line.js';
import { openChannel } from '../../offline/replay/channel-records.js';
import { shownBody } from '../../service/healing/shown-body.js';
import { shownUrl } from '../../connectors/webhook/shown-url.js';
import { headsIn } from '../../service/healing/head-file.js';
import { makeStateFolder } from '../../service/state-folder.js';

const print = (value: unknown, json: boolean | undefined, text: () => string): void =>
  console.log(json ? JSON.stringify(value, null, 2) : text());

/** `heal status`: what is stopped, open, asked and under way. */
export async function healStatus(options: ApiOptions): Promise<void> {
  const state = await callApi<HealingState>('get', '/api/heal', options);
  print(state, options.json, () =>
    [
      state.stopped === null ? 'healing is on' : line`healing is stopped: ${state.stopped}`,
      ...state.rules.map(
        ({ name, target, dryRun, approval, stopped }) =>
          line`rule ${name} calls ${target}${dryRun ? ', dry run' : approval ? ', once approved' : ', by itself'}${stopped === null ? '' : line`; stopped: ${stopped}`}`,
      ),
      ...state.breakers.map(({ key, why }) => line`breaker ${key} is open: ${why}`),
      ...state.asks
        .filter((ask) => ask.state === 'asked')
        .map(({ id, rule, entity, expires }) => line`${id} waits for approval until ${expires}: ${rule} on ${entity}`),
      ...state.actions.map(({ id, entity, at, ...action }) => line`${at} ${action.state} ${id} on ${entity}`),
      line`ledger: ${state.head.seq} entries, head ${state.head.hash}`,
    ].join('\n'),
  );
}

export type HealDeed = 'stop' | 'resume' | 'approve' | 'deny' | 'close-breaker' | 'resume-remedy';

type HealSayOptions = ApiOptions & { readonly by: string; readonly why?: string };

/** `heal stop` and the like: said to every process through the log. */
export async function healSay(
  command: HealDeed,
  about: string | undefined,
  { by, why, ...options }: HealSayOptions,
): Promise<void> {
  const body = {
    command,
    by,
    via: 'cli',
    id: randomUUID(),
    ...(about ? { about } : {}),
    ...(why ? { why } : {}),
  };
  const answer = await callApi<{ id: string }>('post', '/api/heal', options, body);
  print(answer, options.json, () => line`noted: ${command}${about ? line` ${about}` : ''}`);
}

/** `heal stop --config`: by file, which works when no tocsin answers. */
export function healStopFile({ config }: { readonly config: string }): void {
  const { state } = readConfig(config);
  const path = join(state.dir, 'heal.stop');
  makeStateFolder(state.dir);
  if (!existsSync(path)) writeFileSync(path, `${new Date().toISOString()}\n`);
  console.log(line`healing with this state folder is stopped while ${path} exists`);
}

/** `heal test`: what a rule would send for an alert, or for an example where none is given; `reveal` shows its secrets. */
export function healTest(
  rule: string,
  {
    config: file,
    alert: alertFile,
    reveal,
    json,
  }: { config: string; alert?: string; reveal?: boolean; json?: boolean },
): void {
  const config = readConfig(file);
  const found = healingRules(config).find(({ name }) => name === rule);
  if (!found)
    throw new StartError(
      `no rule is called ${rule}: known are ${config.healing.rules.map(({ name }) => name).join(', ') || 'none'}`,
    );
  const matches = (one: Alert): boolean => found.matches(entityFromKey(one.entity).labels);
  const { match } = config.healing.rules.find(({ name }) => name === rule)!;
  const alerts = alertFile === undefined ? [exampleFor(match)] : alertsIn(alertFile);
  const alert = alerts.find(matches) ?? alerts[0]!;
  const target = remedyTargets(config).get(found.target)!;
  const call = callOf(config, rule, actionId(rule, alert.fingerprint), alert);
  const { body: sent, headers } = remedyRequest(target, call, new Date());
  const body = reveal ? sent : shownBody(sent);
  const all = { 'content-type': 'application/json', 'user-agent': 'tocsin', ...headers };
  const shown = reveal ? all : shownHeaders(all);
  if (json) {
    console.log(
      JSON.stringify({ method: 'POST', url: shownUrl(target.url), headers: shown, body, matches: matches(alert) }),
    );
    return;
  }
  if (alertFile === undefined) console.error(line`note: for an example, an alert on ${alert.entity}`);
  if (!matches(alert)) console.error(line`note: rule ${rule} does not match ${alert.entity}: it would not be asked`);
  console.log(
    [
      line`POST ${shownUrl(target.url)}`,
      ...Object.entries(shown).map(([name, value]) => line`${name}: ${value}`),
      '',
      body,
    ].join('\n'),
  );
}

/** The example of an alert on an entity that has the labels which a rule names; of patterns it knows no value. */
function exampleFor(match: Readonly<Record<string, string>>): Alert {
  const exact = Object.entries(match).filter(([, value]) => !/^[/!]/.test(value));
  const { kind, labels } = entityFromKey(exampleAlert.entity);
  const { key } = entity(kind, { ...labels, ...Object.fromEntries(exact) });
  return { ...exampleAlert, entity: key, context: { ...exampleAlert.context, entity: key } };
}

/** Alerts as `/api/alerts` gives them, or a single one. */
function alertsIn(file: string): Alert[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartError(`${file} cannot be read: ${(error as Error).message}`);
  }
  let alerts: Alert[];
  try {
    const value = JSON.parse(text) as Alert | readonly Alert[];
    alerts = (Array.isArray(value) ? value : [value]).map((one) =>
      decode(alertCodec, encode(alertCodec, one as Alert)),
    );
  } catch (error) {
    throw new StartError(
      `${file} is no alert: ${(error as Error).message}; save some with curl http://127.0.0.1:9464/api/alerts, or leave --alert out`,
    );
  }
  if (alerts.length === 0)
    throw new StartError(`${file} has no alert: save it again when one fires, or leave --alert out for an example`);
  return alerts;
}

/** `heal audit`: the ledger, from the log itself; `--verify` checks its chain. */
export async function healAudit({
  config: file,
  verify,
  head,
  json,
}: {
  readonly config: string;
  readonly verify?: boolean;
  readonly head?: string;
  readonly json?: boolean;
}): Promise<void> {
  const config = await readSettledConfig(file);
  const channel = await openChannel(config, 'healing');
  const chain = new AuditChain();
  const findings: string[] = [];
  const hashes = new Set<string>();
  let broken = false;
  try {
    for await (const { offset, value } of channel.records(0)) {
      const { standing, entry, hash } = chain.take(value);
      if (standing === 'accepted') hashes.add(hash);
      if (standing === 'accepted' && entry && !verify) console.log(json ? JSON.stringify(entry) : lineOf(entry));
      if (standing === 'zombie')
        findings.push(`offset ${offset}: written by a process that had lost the lead; it counts for nothing`);
      if (standing !== 'broken') continue;
      broken = true;
      findings.push(`offset ${offset}: does not follow entry ${chain.seq}: something was changed, removed or put in`);
    }
  } finally {
    await channel.close();
  }
  if (!verify) return;
  const kept = config.healing.head_file
    ? headsIn(config.healing.head_file).filter(({ head }) => !hashes.has(head))
    : [];
  const [cutOff] = kept;
  if (cutOff) {
    broken = true;
    const { seq, at } = cutOff;
    findings.push(
      `${config.healing.head_file} has entry ${seq} of ${new Date(at).toISOString()}, which is not there: the end of the ledger was cut off, or entries were changed`,
    );
  }
  if (head !== undefined && !hashes.has(head)) {
    broken = true;
    findings.push(`entry with hash ${head} is not there: the end of the ledger was cut off, or the hash is another's`);
  }
  if (json) console.log(JSON.stringify({ entries: chain.seq, head: chain.hash, whole: !broken, findings }));
  else {
    for (const finding of findings) console.log(finding);
    console.log(line`${chain.seq} entries, head ${chain.hash || 'none'}: ${broken ? 'NOT whole' : 'whole'}`);
  }
  if (broken) process.exitCode = exitCodes.findings;
}

const lineOf = ({ seq, at, what, rule, entity, guard, by, why }: HealingEntry): string =>
  [seq, new Date(at).toISOString(), what, rule, entity, guard && line`[${guard}]`, by, why]
    .filter((part) => part !== '')
    .map(shown)
    .join(' ');

export const command = new Command('heal').description(
  'healing: what is going on, approvals, the stop, what would be sent, the ledger',
);
command.addCommand(
  ofRunning(new Command('status')).description('what is stopped, open, asked and under way').action(healStatus),
);
const said = (name: string, description: string): Command =>
  withAuthor(ofRunning(new Command(name)))
    .description(description)
    .option('--why <text>', 'why');
for (const [name, what, description] of [
  ['approve', '<action>', 'agree to an action; guards are asked once more'],
  ['deny', '<action>', 'say no to an action'],
  ['resume', undefined, 'end the stop'],
  ['close-breaker', '<label=value>', 'let healing act under this label value again'],
  ['resume-remedy', '<rule>', 'let a rule act again that did not help'],
] as const) {
  const one = said(name, description);
  if (what !== undefined) one.argument(what);
  command.addCommand(one.action(() => healSay(name, one.args[0], one.opts())));
}
command.addCommand(
  withAuthor(ofRunning(new Command('stop'), 'by a file in its state folder instead: works when no tocsin answers'))
    .description('stop all healing, in every process, within a second')
    .option('--why <text>', 'why')
    .action(async ({ config, ...options }: HealSayOptions) => {
      if (config !== undefined) healStopFile({ config });
      else await healSay('stop', undefined, options);
    }),
);
command.addCommand(
  withConfig(new Command('test'))
    .description('print what a rule would send for an alert, secrets as stars; nothing is sent')
    .argument('<rule>', 'its name')
    .option('--alert <file>', 'alerts as /api/alerts gives them: the first that matches; an example without')
    .option('--reveal', 'show secrets in headers and body: the very bytes that would be sent')
    .option('--json', 'print as JSON')
    .action(healTest),
);
command.addCommand(
  withConfig(new Command('audit'))
    .description('print the ledger, or verify its hash chain')
    .option('--verify', 'check that every entry follows the one before')
    .option('--head <hash>', 'a hash noted before: it must be in the chain')
    .option('--json', 'print as JSON')
    .action(healAudit),
);
command.addHelpText(
  'after',
  examples(
    'tocsin heal status',
    'tocsin heal test restart-checkout --alert alert.json --config f.yaml',
    'tocsin heal approve 3f9a1c20b7d4e8-restart-checkout --by ann',
    'tocsin heal stop --why "maintenance"',
    'tocsin heal audit --verify --config f.yaml',
  ),
);
