/** Kafka with TLS, client certificates, every mechanism of SASL, and what is told where one of them does not fit. */
import { copyFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describeKafkaError, kafkaClient, type KafkaSettings } from '../../connectors/kafka/client.js';
import { startKafka, type KafkaService } from './services/kafka.js';
import { until } from './services/until.js';

let kafka: KafkaService;
let issuer: Server;
let issued = 0;
/** How long the issuer's tokens live, s. */
let life = 60;

const token = (seconds: number): string => {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub: 'ann', iat: now - 1, exp: now + seconds })}.`;
};
const hidden = (text: string): { reveal(): string } => ({ reveal: () => text });
const file = (name: string): string => join(kafka.folder, 'tls', name);
const settings = (broker: string, rest: Partial<KafkaSettings> = {}): KafkaSettings => ({
  brokers: [broker],
  client_id: 'test',
  tls: { ca: file('ca.pem') },
  ...rest,
});
const issuerToken = () => ({
  url: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/token`,
  client_id: 'tocsin',
  client_secret: hidden('right'),
});

beforeAll(async () => {
  kafka = await startKafka({ secured: true, reauthMs: 3_600_000 });
  issuer = createServer((request, response) => {
    const isKnown = request.headers.authorization === `Basic ${Buffer.from('tocsin:right').toString('base64')}`;
    response.statusCode = isKnown ? 200 : 401;
    if (isKnown) issued++;
    response.end(JSON.stringify({ access_token: token(life), token_type: 'Bearer', expires_in: life }));
  });
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  // A broker that has just started lets one in on a listener with TLS a moment after it does on the plain one.
  const isReady = async (): Promise<true | undefined> =>
    (await tried(settings(kafka.secured.tls))).wrong === undefined || undefined;
  await until('the listener with TLS', isReady, 60_000);
}, 120_000);
afterAll(async () => {
  issuer?.close();
  await kafka?.stop();
});

/** Connects once; the line that says what is wrong, or nothing, and what was logged. */
async function tried(given: KafkaSettings): Promise<{ wrong: string | undefined; logged: string[] }> {
  const logged: string[] = [];
  const admin = kafkaClient(
    given,
    (level, message, details) => level === 'error' && logged.push(`${message} ${JSON.stringify(details)}`),
    0,
  ).admin();
  try {
    await admin.connect();
    await admin.listTopics();
    return { wrong: undefined, logged };
  } catch (error) {
    return { wrong: describeKafkaError(given, error), logged };
  } finally {
    await admin.disconnect();
  }
}

const user = (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', password = 'secret') => ({
  sasl: { mechanism, username: 'ann', password: hidden(password) },
});
const bearer = (...command: string[]) => ({ sasl: { mechanism: 'oauthbearer' as const, token: { command } } });

test.each<[string, () => KafkaSettings]>([
  ['TLS with the authority of a file', () => settings(kafka.secured.tls)],
  [
    'a client certificate',
    () =>
      settings(kafka.secured.mutual, {
        tls: { ca: file('ca.pem'), certificate: file('client.crt'), key: file('client.key') },
      }),
  ],
  ['SASL plain', () => settings(kafka.secured.sasl, user('plain'))],
  [
    'SASL plain by user and password alone',
    () => settings(kafka.secured.sasl, { username: 'ann', password: hidden('secret') }),
  ],
  ['SASL scram-sha-256', () => settings(kafka.secured.sasl, user('scram-sha-256'))],
  ['SASL scram-sha-512', () => settings(kafka.secured.sasl, user('scram-sha-512'))],
  ['a token of a command', () => settings(kafka.secured.bearer, bearer('echo', token(60)))],
  [
    'a token of an authorization server',
    () => settings(kafka.secured.bearer, { sasl: { mechanism: 'oauthbearer', token: issuerToken() } }),
  ],
])('%s is accepted', async (_, given) => {
  expect(await tried(given())).toEqual({ wrong: undefined, logged: [] });
});

test.each<[string, () => KafkaSettings, RegExp]>([
  [
    'a wrong password (plain)',
    () => settings(kafka.secured.sasl, user('plain', 'no')),
    /refuses user ann \(plain\): wrong user or password/,
  ],
  [
    'a wrong password (scram)',
    () => settings(kafka.secured.sasl, user('scram-sha-512', 'no')),
    /refuses user ann \(scram-sha-512\): wrong user or password/,
  ],
  ['no client certificate', () => settings(kafka.secured.mutual), /does not accept the certificate of this client/],
  [
    'a client certificate of a stranger',
    () =>
      settings(kafka.secured.mutual, {
        tls: { ca: file('ca.pem'), certificate: file('stranger.pem'), key: file('stranger.key') },
      }),
    /does not accept the certificate of this client/,
  ],
  [
    'an unknown authority',
    () => settings(kafka.secured.tls, { tls: true }),
    /not signed by an authority that is trusted here: set kafka\.tls\.ca/,
  ],
  [
    'another name',
    () => settings(kafka.secured.tls, { tls: { ca: file('ca.pem'), server_name: 'other.example' } }),
    /is for other names/,
  ],
  [
    'files that are not there',
    () => settings(kafka.secured.tls, { tls: { ca: file('none.pem') } }),
    /TLS files of kafka\.tls cannot be used .*ENOENT/,
  ],
  ['TLS to a listener without it', () => settings(`localhost:${kafka.ports[0]}`), /does not speak TLS/],
  ['no TLS to a listener with it', () => settings(kafka.secured.tls, { tls: false }), /its listener may speak TLS/],
  ['no SASL to a listener with it', () => settings(kafka.secured.sasl), /may want a client certificate .*, or SASL/],
  [
    'SASL to a listener without it',
    () => settings(kafka.secured.tls, user('plain')),
    /has a listener without SASL, and kafka\.sasl is set/,
  ],
  [
    'a mechanism that is not offered',
    () => settings(kafka.secured.sasl, bearer('echo', token(60))),
    /does not offer oauthbearer/,
  ],
  [
    'an expired token',
    () => settings(kafka.secured.bearer, bearer('echo', token(-5))),
    /bearer token for Kafka has ended already/,
  ],
  [
    'no token',
    () => settings(kafka.secured.bearer, bearer('echo', 'abc')),
    /ends the connection while \(oauthbearer\) signs in|refuses the bearer token/,
  ],
  [
    'a token command that fails',
    () => settings(kafka.secured.bearer, bearer('false')),
    /the token command false failed/,
  ],
  [
    'a client that the issuer does not know',
    () =>
      settings(kafka.secured.bearer, {
        sasl: { mechanism: 'oauthbearer', token: { ...issuerToken(), client_secret: hidden('wrong') } },
      }),
    /token server .* refuses client tocsin with 401/,
  ],
  ['nobody there', () => settings('localhost:1'), /is not reachable \(ECONNREFUSED\)/],
  ['an unknown name', () => settings('nowhere.invalid:9092'), /is not known \(E/],
])('%s: one line says so', async (_, given, expected) => {
  const { wrong, logged } = await tried(given());
  expect(wrong).toMatch(expected);
  expect(wrong).not.toContain('\n');
  expect(logged.filter((line) => line.includes('"stack"'))).toEqual([]);
  expect(new Set(logged).size).toBe(logged.length);
});

test('a certificate that is renewed is used at the next connection', async () => {
  const given = settings(kafka.secured.mutual, {
    tls: { ca: file('ca.pem'), certificate: file('renewed.crt'), key: file('renewed.key') },
  });
  const put = (name: string): void => {
    copyFileSync(file(`${name}.${name === 'stranger' ? 'pem' : 'crt'}`), file('renewed.crt'));
    copyFileSync(file(`${name}.key`), file('renewed.key'));
  };
  put('stranger');
  const client = kafkaClient(given, undefined, 0);
  const connects = async (): Promise<boolean> => {
    const admin = client.admin();
    return admin
      .connect()
      .then(() => admin.listTopics())
      .then(
        () => true,
        () => false,
      )
      .finally(() => admin.disconnect());
  };
  expect(await connects()).toBe(false);
  put('client');
  expect(await connects()).toBe(true);
});

test('a token that lives shorter than the connection is fetched again in time, and nothing is lost', async () => {
  const open = kafkaClient(settings(kafka.bootstrap, { tls: false })).admin();
  await open.connect();
  await open.createTopics({ topics: [{ topic: 'short', numPartitions: 1 }], waitForLeaders: true });
  await open.disconnect();
  life = 15;
  issued = 0;
  const client = kafkaClient(
    settings(kafka.secured.bearer, { sasl: { mechanism: 'oauthbearer', token: issuerToken() } }),
  );
  const producer = client.producer({ allowAutoTopicCreation: false });
  const consumer = client.consumer({ groupId: 'short' });
  const got: string[] = [];
  let sent = 0;
  try {
    await producer.connect();
    await consumer.connect();
    await consumer.subscribe({ topics: ['short'], fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) => {
        got.push(String(message.value));
        return Promise.resolve();
      },
    });
    while (issued < 3) {
      await producer.send({ topic: 'short', messages: [{ value: String(sent++) }] });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await until('all that was sent', () => (got.length >= sent ? true : undefined));
  } finally {
    life = 60;
    await consumer.disconnect();
    await producer.disconnect();
  }
  expect(got).toEqual(Array.from({ length: sent }, (_, i) => String(i)));
}, 120_000);
