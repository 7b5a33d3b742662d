/** The Helm chart: linted, rendered with each set of values, held against schemas, its own tests, and what tocsin takes. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { commands } from '../../../cli/commands.js';
import { parseConfig } from '../../../config/load.js';
import { channelTopic } from '../../../connectors/kafka/topics.js';
import { describeWith, ran, testWhole, toolFolder, type Ran } from './tools.js';
import { wrongValues } from './wrong-values.js';

const chart = 'deploy/helm/tocsin';
const sets = join('test', 'deploy', 'tools', 'values');
const names = readdirSync(sets).map((name) => name.replace('.yaml', ''));
const golden = join('test', 'golden', 'chart');

const customKinds = [
  'AuthorizationPolicy',
  'DestinationRule',
  'PeerAuthentication',
  'PrometheusRule',
  'ScaledObject',
  'ServiceMonitor',
  'VirtualService',
];

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

const renderedBefore = new Map<string, Ran>();
/** What is rendered of the chart itself is rendered once. */
function render(name: string, of = chart, kubernetes = '1.31.0'): Ran {
  const key = `${name} ${kubernetes}`;
  const before = of === chart ? renderedBefore.get(key) : undefined;
  if (before) return before;
  const result = ran('helm', [
    ...['template', 'shop', of, '--namespace', 'ops', '--kube-version', kubernetes],
    ...['--values', join(sets, `${name}.yaml`)],
  ]);
  if (of === chart) renderedBefore.set(key, result);
  return result;
}
const resources = (text: string): Resource[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as Resource | null)
    .filter((found) => found !== null);
const rendered = (name: string): Resource[] => resources(render(name).out);
const ofKind = (name: string, kind: string): Resource[] => rendered(name).filter((found) => found.kind === kind);

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tocsin-chart-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeWith(['helm'])('the chart', () => {
  test.each(names)('is without a fault by lint --strict with %s', (name) => {
    const { status, said } = ran('helm', [
      ...['lint', '--strict', '--kube-version', '1.31.0', '--values', join(sets, `${name}.yaml`), chart],
    ]);
    expect([status, said]).toEqual([0, expect.stringContaining('0 chart(s) failed')]);
  });

  test.each(names)('gives pods a configuration that tocsin takes, and options that it has, with %s', async (name) => {
    const map = ofKind(name, 'ConfigMap').find(({ data }) => data && 'tocsin.yaml' in data)!;
    const text = map
      .data!['tocsin.yaml']!.replace(/^ *password_file: .*\n/m, '')
      .replace(/^( *tls:)\n *ca: .*$/m, '$1 true');
    const config = parseConfig(text, 'tocsin.yaml', { KAFKA_PASSWORD: 'one that is long', BROKER_1: 'kafka' });
    expect([config.channels.backend, config.state.dir]).toEqual(['kafka', '/var/lib/tocsin/state']);
    const options = (await commands.run!()).command.options.map(({ long }) => long);
    for (const { spec } of ofKind(name, 'StatefulSet')) {
      const { containers, terminationGracePeriodSeconds: grace } = (
        spec as { template: { spec: { containers: { args: string[] }[]; terminationGracePeriodSeconds: number } } }
      ).template.spec;
      const [command, ...args] = containers[0]!.args;
      expect(command).toBe('run');
      for (const each of args) expect(options).toContain(each.split('=')[0]);
      expect(grace * 1000).toBeGreaterThan(config.shutdown + config.kafka!.session + 5000);
    }
  });

  test('takes the values that the page about it shows', () => {
    const blocks = [...readFileSync('docs/kubernetes.md', 'utf8').matchAll(/^```yaml\n([^]*?)^```$/gm)];
    expect(blocks).toHaveLength(2);
    for (const [, values] of blocks) {
      const file = join(folder, 'shown.yaml');
      writeFileSync(file, values!);
      const { status, said } = ran('helm', ['lint', '--strict', '--kube-version', '1.31.0', '--values', file, chart]);
      expect([status, said]).toEqual([0, expect.stringContaining('0 chart(s) failed')]);
    }
  });

  test.each(Object.entries(wrongValues))('refuses values with %s', (_what, values) => {
    const file = join(folder, 'wrong.yaml');
    writeFileSync(file, values);
    const { status, said } = ran('helm', [
      ...['template', 'shop', chart, '--kube-version', '1.31.0', '--values', file],
    ]);
    expect([status, said]).toEqual([
      1,
      expect.stringMatching(/don't meet the specifications|[Aa]dditional propert|must/),
    ]);
  });

  test('KEDA asks for the groups and topics that members join and read', () => {
    const triggers = ofKind('keda', 'ScaledObject').flatMap(
      ({ spec }) => (spec as { triggers: { metadata: Record<string, string> }[] }).triggers,
    );
    expect(triggers.map(({ metadata }) => [metadata.consumerGroup, metadata.topic])).toEqual([
      ['shop', 'logs'],
      ['shop', 'audit'],
      ['shop', 'metrics'],
      ['shop-detect', channelTopic('shop', 'windows')],
    ]);
    const source = readFileSync('service/fleet/fleet.ts', 'utf8');
    expect(source).toContain('this.join(`${group}-detect`');
  });

  test('makes nothing for a mesh, an operator or KEDA unless it is asked for', () => {
    const custom = rendered('default').filter(({ apiVersion }) => /istio|monitoring\.coreos|keda/.test(apiVersion));
    expect(custom.map(({ kind }) => kind)).toEqual([]);
    const asked = rendered('everything').filter(({ apiVersion }) => /istio|monitoring\.coreos|keda/.test(apiVersion));
    expect([...new Set(asked.map(({ kind }) => kind))].sort()).toEqual(customKinds);
  });

  test('another configuration is another pod, and the same one is the same', () => {
    const sums = (name: string): unknown[] =>
      ofKind(name, 'StatefulSet').map(
        ({ spec }) =>
          (spec as { template: { metadata: { annotations: Record<string, string> } } }).template.metadata.annotations[
            'checksum/config'
          ],
      );
    expect(new Set(sums('default')).size).toBe(1);
    expect(sums('default')).toEqual(sums('monitoring'));
    expect(sums('folders')[0]).not.toEqual(sums('default')[0]);
  });

  test('has the dashboards as they are', () => {
    const found = ofKind('monitoring', 'ConfigMap').flatMap(({ data }) => Object.entries(data ?? {}));
    for (const name of readdirSync('deploy/grafana/dashboards'))
      expect(Object.fromEntries(found)[name]!.trim()).toBe(
        readFileSync(join('deploy/grafana/dashboards', name), 'utf8').trim(),
      );
  });

  // A few sets have every line of the templates; the others are covered by what is said of them above.
  const whole = ['default', 'everything', 'together', 'one-pod', 'secrets'];
  /** Without the dashboards and the rules, which are held elsewhere. */
  const brief = (text: string): string =>
    resources(text)
      .map((found) => {
        if (found.kind === 'ConfigMap' && !('tocsin.yaml' in found.data!))
          return { ...found, data: Object.keys(found.data!) };
        return found.kind === 'PrometheusRule' ? { ...found, spec: Object.keys(found.spec) } : found;
      })
      .map((found) => stringify(found, { lineWidth: 0 }))
      .join('---\n');

  test.each(whole)('renders %s as was looked at', (name) => {
    const file = join(golden, `${name}.yaml`);
    const now = brief(render(name).out);
    if (process.env.GOLDEN === 'write') {
      mkdirSync(golden, { recursive: true });
      writeFileSync(file, now);
    }
    expect(now).toBe(readFileSync(file, 'utf8'));
  });

  testWhole(
    'no line of a template can be left out without a difference',
    () => {
      const expected = new Map(whole.map((name) => [name, readFileSync(join(golden, `${name}.yaml`), 'utf8')]));
      const copy = join(folder, 'mutant');
      cpSync(chart, copy, { recursive: true });
      const survivors: string[] = [];
      let mutants = 0;
      for (const name of readdirSync(join(chart, 'templates')).filter((each) => each.endsWith('.yaml'))) {
        const file = join(copy, 'templates', name);
        const text = readFileSync(file, 'utf8');
        const lines = text.split('\n');
        for (const [i, line] of lines.entries()) {
          if (!/^ *(?:- )?(?:[\w./{-].*: \S|- \S)/.test(line) || /^ *(?:#|\{\{)/.test(line)) continue;
          mutants += 1;
          writeFileSync(file, lines.toSpliced(i, 1).join('\n'));
          const isCaught = whole.some((set) => {
            const { status, out } = render(set, copy);
            try {
              return status !== 0 || brief(out) !== expected.get(set);
            } catch {
              return true;
            }
          });
          if (!isCaught) survivors.push(`${name}:${i + 1}: ${line.trim()}`);
        }
        writeFileSync(file, text);
      }
      expect(survivors).toEqual([]);
      expect(mutants).toBeGreaterThan(120);
    },
    900_000,
  );
});

describeWith(['helm', 'kubeconform'])('every resource', () => {
  const versions = ['1.27.0', '1.31.0', '1.37.0'];
  const schemas = join(toolFolder, 'schemas');
  const has = existsSync(join(schemas, 'custom', 'done'));
  const held = (input: string, version: string): Ran =>
    ran(
      'kubeconform',
      [
        ...['-strict', '-summary', '-kubernetes-version', version],
        ...['-schema-location', `${schemas}/v${version}/{{ .ResourceKind }}{{ .KindSuffix }}.json`],
        ...['-schema-location', `${schemas}/custom/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json`],
      ],
      { input },
    );
  (has ? test.each(versions) : test.skip.each(versions))(
    'is of its schema, none left out, in Kubernetes %s',
    (version) => {
      for (const name of names) {
        const { status, said } = held(render(name, chart, version).out, version);
        expect([name, status, said]).toEqual([name, 0, expect.stringMatching(/Invalid: 0, Errors: 0, Skipped: 0/)]);
      }
    },
    300_000,
  );

  (has ? test.each(customKinds) : test.skip.each(customKinds))('of the kind %s cannot have a mistyped key', (kind) => {
    const found = ofKind('everything', kind)[0]!;
    const right = stringify(found);
    expect(held(right, '1.31.0')).toMatchObject({ status: 0 });
    const wrong = stringify({ ...found, spec: { ...found.spec, selectors: {} } });
    expect(held(wrong, '1.31.0')).toMatchObject({ status: 1, said: expect.stringContaining('selectors') as string });
  });
});

describeWith(['helm-unittest'])('the tests of the chart itself', () => {
  test('pass', () => {
    const { status, said } = ran('helm-unittest', [chart]);
    expect([status, status === 0 ? '' : said]).toEqual([0, '']);
  });
});

describeWith(['helm', 'promtool'])('the rules', () => {
  test('are those that Prometheus takes', () => {
    const { spec } = ofKind('monitoring', 'PrometheusRule')[0]!;
    const file = join(folder, 'rules.yml');
    writeFileSync(file, stringify(spec));
    expect(ran('promtool', ['check', 'rules', file])).toMatchObject({ status: 0 });
    expect(spec).toEqual(parseAllDocuments(readFileSync('deploy/prometheus/tocsin.rules.yml', 'utf8'))[0]!.toJS());
  });
});
