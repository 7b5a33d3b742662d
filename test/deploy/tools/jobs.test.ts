/** Jobs of deploy/kubernetes: of their schemas, with options and a configuration that tocsin takes. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { commands } from '../../../cli/commands.js';
import { parseConfig } from '../../../config/load.js';
import { describeWith, ran, toolFolder } from './tools.js';

const folder = 'deploy/kubernetes';
const files = readdirSync(folder);
const schemas = join(toolFolder, 'schemas');

describeWith(['kubeconform'])('every job', () => {
  const versions = ['1.31.0', '1.37.0'].filter((version) => existsSync(join(schemas, `v${version}`)));
  test.each(versions)('is of its schema in Kubernetes %s', (version) => {
    for (const name of files) {
      const { status, said } = ran('kubeconform', [
        ...['-strict', '-summary', '-kubernetes-version', version],
        ...['-schema-location', `${schemas}/v${version}/{{ .ResourceKind }}{{ .KindSuffix }}.json`, join(folder, name)],
      ]);
      expect([name, status, said]).toEqual([name, 0, expect.stringMatching(/Invalid: 0, Errors: 0, Skipped: 0/)]);
    }
  });
});

test.each(files)('%s runs a command with options that it has, on a configuration that tocsin takes', async (name) => {
  const documents = parseAllDocuments(readFileSync(join(folder, name), 'utf8')).map(
    (each) => each.toJS() as Record<string, unknown>,
  );
  const configured = documents.find(({ kind }) => kind === 'ConfigMap') as { data: Record<string, string> };
  const config = parseConfig(configured.data['tocsin.yaml']!, 'tocsin.yaml', {});
  expect([config.channels.backend, config.state.dir]).toEqual(['kafka', '/var/lib/tocsin/state']);
  const { spec } = documents.find(({ kind }) => kind === 'CronJob') as {
    spec: { jobTemplate: { spec: { template: { spec: { containers: { args: string[] }[] } } } } };
  };
  const [command, ...args] = spec.jobTemplate.spec.template.spec.containers[0]!.args;
  expect(command).toBe('run');
  const options = (await commands.run!()).command.options.map(({ long }) => long);
  for (const each of args) expect(options).toContain(each.split('=')[0]);
});
