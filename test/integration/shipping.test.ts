/** docs/shipping.md: it shows the files of deploy/shippers, and the shipper that can be had here fills a real topic. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { startKafka, type KafkaService } from './services/kafka.js';
import { begin } from './services/tocsin.js';
import { until } from './services/until.js';

const shippers = 'deploy/shippers';
const page = readFileSync('docs/shipping.md', 'utf8');

test.each(readdirSync(shippers))('the page shows %s as it is, and it goes to a topic that can be read', (name) => {
  const text = readFileSync(join(shippers, name), 'utf8');
  expect(page).toContain(`\`\`\`text\n${text}\`\`\``);
  expect(text).toMatch(/kafka:9092/);
  if (name.endsWith('.conf')) return;
  expect(parse(text)).toEqual(expect.any(Object));
});

/** Debian's module for Kafka; the program alone is not enough. */
const hasRsyslog =
  spawnSync('rsyslogd', ['-v']).status === 0 &&
  ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64'].some(
    (folder) => spawnSync('ls', [`${folder}/rsyslog/omkafka.so`]).status === 0,
  );
if (!hasRsyslog) console.log('SKIP rsyslog: rsyslogd with omkafka (rsyslog-kafka) is not installed here');

(hasRsyslog ? describe : describe.skip)('rsyslog', () => {
  let kafka: KafkaService;
  let folder: string;
  let shipper: ChildProcess | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-shipping-'));
    kafka = await startKafka();
    const admin = kafka.client().admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'logs', numPartitions: 3 }], waitForLeaders: true });
    await admin.disconnect();
  }, 120_000);
  afterAll(async () => {
    if (shipper?.exitCode === null) {
      const over = new Promise((resolve) => shipper!.on('exit', resolve));
      shipper.kill('SIGTERM');
      await over;
    }
    await kafka?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test('lines of a file and their traces arrive as records that tocsin reads, a file in one partition', async () => {
    const [log, spool, file] = [join(folder, 'checkout.log'), join(folder, 'spool'), join(folder, 'rsyslog.conf')];
    mkdirSync(spool);
    writeFileSync(log, '');
    writeFileSync(
      file,
      readFileSync(join(shippers, 'rsyslog.conf'), 'utf8')
        .replaceAll('/var/spool/rsyslog', spool)
        .replace('/var/log/app/checkout.log', log)
        .replace('kafka:9092', kafka.bootstrap.split(',')[0]!),
    );
    const checked = spawnSync('rsyslogd', ['-N1', '-f', file], { encoding: 'utf8' });
    expect([checked.status, checked.status === 0 ? '' : checked.stderr]).toEqual([0, '']);
    shipper = spawn('rsyslogd', ['-n', '-f', file, '-i', join(folder, 'pid')], { stdio: 'ignore' });
    for (let i = 0; i < 300; i++)
      appendFileSync(
        log,
        i % 100 === 7
          ? `ERROR order ${i} failed: java.lang.IllegalStateException: no stock\n\tat shop.Cart.check(Cart.java:12)\n\tat shop.Main.run(Main.java:3)\n`
          : `INFO order ${i} paid in ${i % 9} ms\n`,
      );
    const admin = kafka.client().admin();
    await admin.connect();
    const ends = async (): Promise<number[]> =>
      (await admin.fetchTopicOffsets('logs')).map(({ high }) => Number(high)).filter((high) => high > 0);
    await until('records', async () => ((await ends()).reduce((a, b) => a + b, 0) >= 300 ? true : undefined), 60_000);
    expect(await ends()).toEqual([300]);
    await admin.disconnect();

    const { code, out, said } = await begin([...['try', '--topic', 'logs', '--brokers', kafka.bootstrap, '--json']])
      .ended;
    expect([code, code === 0 ? '' : said]).toEqual([0, '']);
    const records = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(records).toHaveLength(300);
    expect(new Set(records.map(({ status, service }) => `${status} ${service}`))).toEqual(new Set(['read checkout']));
    const failed = records.filter(({ level }) => level === 'error');
    expect(failed).toHaveLength(3);
    expect(failed[0]!.message).toContain('IllegalStateException: no stock');
  }, 180_000);
});
