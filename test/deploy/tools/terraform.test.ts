/** The modules for OpenTofu and Terraform, as far as they can be held without providers, which no package manager has. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { parseConfig } from '../../../config/load.js';
import { describeWith, ran, type Ran } from './tools.js';

const modules = 'deploy/terraform';
const folder = mkdtempSync(join(tmpdir(), 'tocsin-tofu-'));
const machine = join(folder, 'machine');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeWith(['tofu'])('the modules', () => {
  beforeAll(() => {
    cpSync(join(modules, 'machine'), machine, { recursive: true });
    expect(ran('tofu', ['init', '-no-color'], { cwd: machine })).toMatchObject({ status: 0 });
  });

  test('are formatted, and so are HCL', () => {
    const { status, said } = ran('tofu', ['fmt', '-check', '-diff', '-recursive', modules]);
    expect([status, said]).toEqual([0, '']);
  });

  test('the one for a machine is valid, and its own tests pass', () => {
    expect(ran('tofu', ['validate', '-no-color'], { cwd: machine })).toMatchObject({ status: 0 });
    const { status, said } = ran('tofu', ['test', '-no-color'], { cwd: machine });
    expect([status, said]).toEqual([0, expect.stringContaining('3 passed, 0 failed')]);
  });

  describe('the one for Kubernetes, without its providers', () => {
    const kubernetes = join(folder, 'kubernetes');
    beforeAll(() => {
      mkdirSync(kubernetes);
      for (const name of ['values.tf', 'variables.tf'])
        cpSync(join(modules, 'kubernetes', name), join(kubernetes, name));
      expect(ran('tofu', ['init', '-no-color'], { cwd: kubernetes })).toMatchObject({ status: 0 });
    });
    const variables = {
      chart: resolve('deploy/helm/tocsin'),
      image: { repository: 'registry.example.com/tocsin', tag: '0.1.0' },
      config: {
        kafka: { brokers: ['kafka:9092'] },
        sources: [{ topics: ['logs'] }],
        state: { redis: { url: 'redis://redis:6379' } },
      },
      secrets: { KAFKA_PASSWORD: 'one that is long' },
      dashboards: true,
      monitoring: true,
      values: ['roles: { ingest: { replicas: 3 } }\n'],
    };
    const apply = (given: object): Ran => {
      writeFileSync(join(kubernetes, 'terraform.tfvars.json'), JSON.stringify(given));
      return ran('tofu', ['apply', '-auto-approve', '-no-color'], { cwd: kubernetes });
    };

    test('is valid but for its resources, and refuses a digest that is none', () => {
      expect(ran('tofu', ['validate', '-no-color'], { cwd: kubernetes })).toMatchObject({ status: 0 });
      const { status, said } = apply({ ...variables, image: { repository: 'tocsin', digest: 'sha256:abc' } });
      expect([status, said]).toEqual([1, expect.stringContaining('image.digest is sha256: and 64 hex digits')]);
    });

    test('gives the chart values that it takes, with secrets by reference, dashboards and rules', () => {
      expect(apply(variables)).toMatchObject({ status: 0 });
      const { out } = ran('tofu', ['output', '-json', 'values'], { cwd: kubernetes });
      const files = (JSON.parse(out) as string[]).map((text, i) => {
        expect(text).not.toContain('one that is long');
        writeFileSync(join(kubernetes, `values-${i}.yaml`), text);
        return ['--values', join(kubernetes, `values-${i}.yaml`)];
      });
      const chart = ['--kube-version', '1.31.0', ...files.flat()];
      expect(ran('helm', ['lint', '--strict', ...chart, variables.chart])).toMatchObject({ status: 0 });
      const { out: rendered } = ran('helm', ['template', 'tocsin', variables.chart, ...chart]);
      const kinds = parseAllDocuments(rendered).map((each) => (each.toJS() as { kind?: string } | null)?.kind);
      expect(kinds).toEqual(expect.arrayContaining(['ServiceMonitor', 'PrometheusRule', 'StatefulSet']));
      expect(rendered).toContain('secretKeyRef: { name: tocsin-environment, key: "KAFKA_PASSWORD" }');
      expect(rendered).toContain('--create-topics');
    });

    test('has resources that use these values, and nothing that is not declared', () => {
      const text = readFileSync(join(modules, 'kubernetes', 'main.tf'), 'utf8');
      const declared = ['values.tf', 'variables.tf'].map((name) =>
        readFileSync(join(modules, 'kubernetes', name), 'utf8'),
      );
      for (const [, name] of text.matchAll(/\bvar\.(\w+)/g)) expect(declared[1]).toContain(`variable "${name}" {`);
      for (const [, name] of text.matchAll(/\blocal\.(\w+)/g))
        expect(declared[0]).toMatch(RegExp(`^ +${name} +=`, 'm'));
      for (const [, name] of declared[1]!.matchAll(/^variable "(\w+)"/gm))
        expect(text + declared[0]!).toContain(`var.${name}`);
    });
  });

  test('what it makes is cloud-init that starts our unit with a configuration that tocsin takes', () => {
    const values = {
      package_url: 'https://files.example.com/tocsin-cli-0.1.0.tgz',
      package_sha256: 'a'.repeat(64),
      unit: readFileSync('deploy/systemd/tocsin.service', 'utf8'),
      config: { sources: [{ type: 'file', path: '/var/log/app.log' }], state: { dir: '/var/lib/tocsin/state' } },
    };
    writeFileSync(join(machine, 'terraform.tfvars.json'), JSON.stringify(values));
    expect(ran('tofu', ['apply', '-auto-approve', '-no-color'], { cwd: machine })).toMatchObject({ status: 0 });
    const { write_files: files, runcmd } = parse(
      ran('tofu', ['output', '-raw', 'user_data'], { cwd: machine }).out,
    ) as { write_files: { path: string; content: string }[]; runcmd: [[string, string, string]] };
    const written = Object.fromEntries(files.map(({ path, content }) => [path, content]));
    expect(written['/etc/systemd/system/tocsin.service']).toBe(values.unit);
    expect(() => parseConfig(written['/etc/tocsin/tocsin.yaml']!, 'tocsin.yaml', {})).not.toThrow();
    // The program of the unit is where the package is installed.
    const [, program] = /^ExecStart=(\S+)/m.exec(values.unit)!;
    expect(runcmd[0][2]).toContain(`${program} lint`);
    expect(runcmd[0][2]).toContain('--prefix /opt/tocsin --ignore-scripts');
  });
});
