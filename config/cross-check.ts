/** What no single field can tell: settings that do not fit together. */
import type { Config } from './schema.js';
import { streamName } from './stream-name.js';

export interface Misfit {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Every pair of settings that cannot work together. */
export function crossCheck(config: Config): Misfit[] {
  const misfits: Misfit[] = [];
  const { pane, length } = config.windows;
  if (!(pane >= 1000) || pane % 1000 !== 0)
    misfits.push({ path: ['windows', 'pane'], message: 'must be whole seconds, at least 1s' });
  else if (length % pane !== 0 || length < pane) {
    misfits.push({ path: ['windows', 'length'], message: 'must be a multiple of windows.pane' });
  }
  if (config.state.backend === 'redis' && !config.state.redis)
    misfits.push({ path: ['state'], message: 'backend redis needs state.redis.url' });
  if (config.state.backend !== 'redis' && config.state.redis)
    misfits.push({ path: ['state', 'redis'], message: 'is not used: set state.backend to redis, or take it out' });
  const needsKafka = config.channels.backend === 'kafka' || config.sources.some(({ type }) => type === 'kafka');
  if (needsKafka && !config.kafka) {
    misfits.push({ path: ['kafka'], message: 'is missing: kafka sources and channels need kafka.brokers' });
  }
  misfits.push(...kafkaMisfits(config), ...natsMisfits(config));
  const readsKafka = config.sources.some(({ type }) => type === 'kafka');
  if (readsKafka && config.channels.backend === 'segment-log')
    misfits.push({
      path: ['channels', 'backend'],
      message:
        'sources with topics need Kafka topics between the parts, too: take channels.backend out, or write kafka',
    });
  const own = config.sources.findIndex(({ type }) => type !== 'kafka');
  if (config.channels.backend === 'kafka' && own >= 0) {
    const what = { file: 'a file', http: 'what is posted', nats: 'a stream', kafka: '' }[config.sources[own]!.type];
    misfits.push({
      path: ['sources', own],
      message: `${what} cannot be read beside topics or with channels.backend: kafka, where another process must be able to take it over: read it in a run with a configuration of its own`,
    });
  }
  config.sources.forEach((source, at) => {
    for (const key of ['pattern', 'record_start'] as const)
      if (source[key] !== undefined && !['auto', 'json', 'plain'].includes(source.format))
        misfits.push({
          path: ['sources', at, key],
          message: `is for lines of logs, not for format: ${source.format}`,
        });
    if (source.format !== 'registry') {
      if (source.type === 'kafka' && source.registry) {
        misfits.push({ path: ['sources', at, 'registry'], message: 'is of no use without format: registry' });
      }
    } else if (source.type !== 'kafka') {
      misfits.push({
        path: ['sources', at, 'format'],
        message: 'registry is for kafka sources: others cannot hold it',
      });
    } else if (!source.registry) {
      misfits.push({ path: ['sources', at], message: 'format: registry needs registry.url' });
    } else if ((source.registry.username === undefined) !== (source.registry.password === undefined)) {
      misfits.push({ path: ['sources', at, 'registry'], message: 'username and password belong together' });
    }
  });
  config.calendars.forEach(({ from, to, cron, ical }, at) => {
    const ways = [from ?? to, cron, ical].filter((way) => way !== undefined).length;
    if (ways !== 1 || (from === undefined) !== (to === undefined))
      misfits.push({ path: ['calendars', at], message: 'needs one of: from and to, cron, ical' });
    else if (from !== undefined && to !== undefined && Date.parse(to) <= Date.parse(from))
      misfits.push({ path: ['calendars', at], message: 'ends before it begins' });
  });
  if (config.deploys.topics.length > 0 && !config.kafka)
    misfits.push({ path: ['deploys', 'topics'], message: 'needs the cluster: give kafka.brokers' });
  misfits.push(...grpcMisfits(config), ...limitMisfits(config));
  misfits.push(
    ...repeated(config),
    ...followMisfits(config),
    ...receivedMisfits(config),
    ...outputMisfits(config),
    ...healingMisfits(config),
  );
  return misfits;
}

function grpcMisfits({ http: { console: page, port, grpc_port: grpc } }: Config): Misfit[] {
  if (grpc === undefined) return [];
  const path = ['http', 'grpc_port'];
  if (!page)
    return [{ path, message: 'models are served beside the console: leave http.console on, or leave this out' }];
  if (grpc === port && port !== 0)
    return [{ path, message: `http.port is ${port}, too: gRPC needs a port of its own` }];
  return [];
}

/** Limits that leave no room for what the configuration itself names. */
function limitMisfits({ limits, sources, sessions }: Config): Misfit[] {
  const misfits: Misfit[] = [];
  const wrong = (key: keyof typeof limits, message: string): void =>
    void misfits.push({ path: ['limits', key], message });
  const { entities, new_entities: news, session_keys: ofLine, class_keys: ofClass, labels } = limits;
  // Twice as many may be there that never came back: what is invented would take every place.
  const maxNew = Math.max(1, Math.floor(entities / 2));
  if (news > maxNew)
    wrong(
      'new_entities',
      `${news} leaves none of limits.entities: ${entities} to those that come back; give at most ${maxNew}`,
    );
  if (sessions.length > 0 && ofLine > ofClass)
    wrong('session_keys', `one line may have ${ofLine} keys, and a class limits.class_keys: ${ofClass}; give fewer`);
  const named = new Set(sources.map((source) => source.labels.service).filter((service) => service !== undefined));
  if (named.size > entities)
    wrong('entities', `the sources name ${named.size} services, and ${entities} have places: raise it`);
  const most = Math.max(0, ...sources.map(({ fields }) => Object.keys(fields.labels).length));
  if (most > labels)
    wrong('labels', `a source takes ${most} labels from its lines, so that each would be refused: raise it`);
  return misfits;
}

/** What cannot grow cannot be followed. */
const followMisfits = ({ sources }: Config): Misfit[] =>
  sources.flatMap((source, at) => {
    if (source.type !== 'file' || !source.follow || !/^-$|\.(?:gz|zst)$/.test(source.path)) return [];
    const message = `follow is for plain files: ${source.path === '-' ? 'standard input is read to its end anyway' : 'a packed file does not grow'}`;
    return [{ path: ['sources', at, 'follow'], message }];
  });

/** A time of reading is that of the line only where it is read as it is written. */
const receivedMisfits = ({ sources }: Config): Misfit[] =>
  sources.flatMap((source, at) => {
    if (source.time !== 'received' || (source.type === 'file' && (source.follow || source.path === '-'))) return [];
    const message =
      source.type === 'file'
        ? 'received is for files that are read as they grow: set follow: true, or path: "-"; of old lines it would tell nothing'
        : 'received is for files: here time: auto gives lines without a time that of their coming';
    return [{ path: ['sources', at, 'time'], message }];
  });

/** What stands twice where it may stand once. */
function repeated({ sources, sessions, rules, http }: Config): Misfit[] {
  const misfits: Misfit[] = [];
  const each = (
    entries: readonly { readonly path: readonly PropertyKey[]; readonly name: string }[],
    what: (name: string) => string,
  ): void => {
    const seen = new Set<string>();
    for (const { path, name } of entries) {
      if (seen.has(name)) misfits.push({ path, message: what(name) });
      seen.add(name);
    }
  };
  const named = (section: readonly string[], names: readonly string[]) =>
    names.map((name, at) => ({ path: [...section, at], name }));
  const read = sources.flatMap((source, at) => {
    if (source.type === 'file') return [{ path: ['sources', at, 'path'], name: source.path }];
    if (source.type === 'http')
      return [{ path: ['sources', at, 'signal'], name: `what is posted of ${source.signal}` }];
    if (source.type === 'nats') {
      const { stream, subjects } = source;
      if (subjects.length === 0) return [{ path: ['sources', at, 'stream'], name: `stream ${stream}` }];
      return subjects.map((name, i) => ({
        path: ['sources', at, 'subjects', i],
        name: `subject ${name} of stream ${stream}`,
      }));
    }
    return source.topics.map((name, i) => ({ path: ['sources', at, 'topics', i], name: `topic ${name}` }));
  });
  each(read, (name) => `${name} is read twice: its lines would count twice; leave one out`);
  const posted = sources.flatMap((source, at) =>
    source.type === 'http' ? [{ path: ['sources', at, 'name'], name: source.name }] : [],
  );
  each(posted, (name) => `two sources are called ${name}: names must differ`);
  const streams = sources.flatMap((source, at) =>
    source.type === 'nats'
      ? [{ path: ['sources', at, source.name === undefined ? 'stream' : 'name'], name: streamName(source) }]
      : [],
  );
  each(streams, (name) => `two sources of streams are called ${name}: give one a name of its own`);
  const twice = (what: string) => (name: string) => `two ${what} are called ${name}: names must differ`;
  each(
    named(
      ['sessions'],
      sessions.map((one) => one.class),
    ),
    twice('session classes'),
  );
  each(
    named(
      ['rules'],
      rules.map(({ name }) => name),
    ),
    twice('rules'),
  );
  each(
    named(
      ['http', 'tokens'],
      http.tokens.map(({ name }) => name),
    ),
    twice('tokens'),
  );
  return misfits;
}

function kafkaMisfits({ kafka }: Config): Misfit[] {
  if (!kafka) return [];
  const misfits: Misfit[] = [];
  const { tls, sasl, username, password } = kafka;
  if ((username === undefined) !== (password === undefined))
    misfits.push({
      path: ['kafka'],
      message: 'username and password belong together: give both for SASL/PLAIN, or none',
    });
  if (typeof tls === 'object' && (tls.certificate === undefined) !== (tls.key === undefined))
    misfits.push({ path: ['kafka', 'tls'], message: 'certificate and key belong together' });
  if (!sasl) return misfits;
  const sign = (message: string): number => misfits.push({ path: ['kafka', 'sasl'], message });
  if (username !== undefined) sign('beside kafka.username: give the user here and take that out');
  const { mechanism, token, region } = sasl;
  const isPassword = mechanism === 'plain' || mechanism.startsWith('scram');
  if (isPassword && (sasl.username === undefined || sasl.password === undefined))
    sign(`${mechanism} needs username and password`);
  if (!isPassword && sasl.username !== undefined) sign(`${mechanism} has no username`);
  if (mechanism !== 'oauthbearer' && token) sign(`token is for oauthbearer, not for ${mechanism}`);
  if (mechanism === 'oauthbearer') {
    const asks = [token?.url, token?.client_id, token?.client_secret].filter((each) => each !== undefined).length;
    if (token?.command ? asks > 0 : asks < 3)
      sign('oauthbearer needs token.command, or token.url, token.client_id and token.client_secret');
  }
  if ((mechanism === 'aws-msk-iam') !== (region !== undefined))
    sign('aws-msk-iam needs region, and no other mechanism has one');
  if (mechanism === 'aws-msk-iam' && tls === false) sign('aws-msk-iam needs kafka.tls');
  return misfits;
}

function natsMisfits({ nats, sources }: Config): Misfit[] {
  if (!nats)
    return sources.some(({ type }) => type === 'nats')
      ? [{ path: ['nats'], message: 'is missing: sources with a stream need nats.servers' }]
      : [];
  const misfits: Misfit[] = [];
  const { tls, username, password, token, nkey, credentials } = nats;
  if ((username === undefined) !== (password === undefined))
    misfits.push({ path: ['nats'], message: 'username and password belong together' });
  const ways = [username, token, nkey, credentials].filter((way) => way !== undefined).length;
  if (ways > 1)
    misfits.push({ path: ['nats'], message: 'give one of: username and password, token, nkey, credentials' });
  if (typeof tls === 'object' && (tls.certificate === undefined) !== (tls.key === undefined))
    misfits.push({ path: ['nats', 'tls'], message: 'certificate and key belong together' });
  return misfits;
}

function outputMisfits({ respond, kafka }: Config): Misfit[] {
  const misfits: Misfit[] = [];
  respond.webhooks.forEach((hook, at) => {
    const wrong = (message: string): void => void misfits.push({ path: ['respond', 'webhooks', at], message });
    if (hook.body === 'standard' && !hook.secret)
      wrong('body standard is signed: give secret or secret_file, or choose body: alertmanager');
    if (hook.body === 'pagerduty' && !hook.secrets.routing_key) wrong('body pagerduty needs secrets.routing_key');
    if (hook.body === 'template' && hook.template === undefined) wrong('body template needs template');
    if (hook.body !== 'template' && (hook.template !== undefined || hook.summary !== undefined))
      wrong('template and summary are for body: template');
  });
  if (respond.kafka.length > 0 && !kafka)
    misfits.push({ path: ['respond', 'kafka'], message: 'needs the cluster: give kafka.brokers' });
  const outputs = [...respond.webhooks, ...respond.kafka, ...respond.grafana, ...respond.loki].map(({ name }) => name);
  const twice = outputs.find((name, at) => outputs.indexOf(name) !== at);
  if (twice) misfits.push({ path: ['respond'], message: `two outputs are called ${twice}: names must differ` });
  const known = (path: readonly PropertyKey[], to: readonly string[]): void => {
    for (const name of to) {
      if (!outputs.includes(name))
        misfits.push({ path, message: `no output is called ${name}: there are ${outputs.join(', ') || 'none'}` });
    }
  };
  respond.routes.forEach(({ to }, at) => known(['respond', 'routes', at, 'to'], to));
  known(['respond', 'default'], respond.default ?? []);
  return misfits;
}

/** The lease of whoever heals, ms: a call must be over before another process may take over. */
const longestCall = 30_000;

function healingMisfits({ healing, sources }: Config): Misfit[] {
  const misfits: Misfit[] = [];
  const at = (where: string, index: number, message: string): void =>
    void misfits.push({ path: ['healing', where, index], message });
  const targets = new Map(healing.targets.map((target) => [target.name, target]));
  healing.targets.forEach((target, i) => {
    const { name, recipe, action, token, secret, timeout } = target;
    if (healing.targets.findIndex((other) => other.name === name) !== i)
      at('targets', i, `two targets are called ${name}`);
    if (timeout > longestCall) at('targets', i, 'timeout must be at most 30s: the call ends before its lease does');
    if (recipe === 'standard' && !secret) at('targets', i, 'recipe standard is signed: give secret or secret_file');
    if ((recipe === 'stackstorm' || recipe === 'github') && !action)
      at('targets', i, `recipe ${recipe} needs action: ${recipe === 'github' ? 'the event type' : 'pack.action'}`);
    if (['stackstorm', 'rundeck', 'awx', 'github'].includes(recipe) && !token)
      at('targets', i, `recipe ${recipe} needs token or token_file`);
  });
  healing.rules.forEach(({ name, target }, i) => {
    if (healing.rules.findIndex((other) => other.name === name) !== i) at('rules', i, `two rules are called ${name}`);
    if (!targets.has(target))
      at('rules', i, `no target is called ${target}: known are ${[...targets.keys()].join(', ') || 'none'}`);
  });
  const written = new Set(sources.flatMap(labelsFromRecords));
  healing.blast_radius.forEach(({ label, from_logs }, i) => {
    if (healing.rules.length > 0 && written.has(label) && !from_logs)
      at(
        'blast_radius',
        i,
        `label ${label} comes from fields of the records: whoever writes them can give each victim a value of its own. Take a label that sources set (labels, or relabel rules on topic and file), or write from_logs: true`,
      );
  });
  return misfits;
}

/** Labels that a source takes from what is in its records, also by way of relabel rules. */
function labelsFromRecords({ fields, relabel, format }: Config['sources'][number]): string[] {
  const own = new Set(Object.keys(fields.labels));
  if (format !== 'plain') own.add(format === 'metric' ? 'series' : 'service');
  for (const { source_labels, target_label } of relabel)
    if (source_labels.some((name) => own.has(name))) own.add(target_label);
  return [...own];
}
