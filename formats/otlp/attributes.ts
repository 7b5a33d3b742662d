/** Labels from the attributes of a resource: which service it is, and where it runs. */
import type { Labels } from '../../records/entity.js';
import { labelName } from '../many.js';
import { isPlainObject, textOf, type PlainObject, type PlainValue } from './plain-value.js';

/** Attributes that name the service, best first: what an unnamed SDK calls itself comes after the workload's name. */
const serviceKeys = [
  'k8s.deployment.name',
  'k8s.statefulset.name',
  'k8s.daemonset.name',
  'k8s.cronjob.name',
  'k8s.job.name',
  'k8s.container.name',
  'container.name',
  'faas.name',
  'aws.log.group.names',
  'process.executable.name',
];
const namespaceKeys = ['service.namespace', 'k8s.namespace.name'];
const environmentKeys = ['deployment.environment.name', 'deployment.environment'];

/** The first attribute that is there. */
const firstOf = (attributes: PlainObject, keys: readonly string[]): string => {
  for (const key of keys) {
    const text = textOf(attributes[key]);
    if (text !== '') return text;
  }
  return '';
};

/** The attribute that a path names: as it is, or with its dots into objects. */
export function attributeNamed(attributes: PlainObject, path: string): PlainValue | undefined {
  if (Object.hasOwn(attributes, path)) return attributes[path];
  let at: PlainValue | undefined = attributes;
  for (const key of path.split('.')) {
    if (!isPlainObject(at) || !Object.hasOwn(at, key)) return undefined;
    at = at[key];
  }
  return at;
}

/** `service`, `namespace` and `environment` of a resource, as far as it names them. */
export function identityOf(resource: PlainObject): Record<string, string> {
  const own = textOf(resource['service.name']);
  const service = own !== '' && !own.startsWith('unknown_service') ? own : firstOf(resource, serviceKeys) || own;
  const labels: Record<string, string> = {};
  const set = (name: string, value: string): void => {
    if (value !== '') labels[name] = value;
  };
  set('service', service);
  set('namespace', firstOf(resource, namespaceKeys));
  set('environment', firstOf(resource, environmentKeys));
  return labels;
}

/** Attributes that tell the instances of a service apart, and the labels that they become. */
const instanceKeys: readonly (readonly [string, string])[] = [
  ['service.instance.id', 'instance'],
  ['host.name', 'host'],
  ['k8s.node.name', 'node'],
  ['k8s.pod.name', 'pod'],
  ['k8s.container.name', 'container'],
];

/** What tells the series of two instances apart. */
export function instanceOf(resource: PlainObject): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [key, name] of instanceKeys) {
    const value = textOf(resource[key]);
    if (value !== '') labels[name] = value;
  }
  return labels;
}

/** All attributes under names that relabel rules can use. */
export function inputsOf(attributes: PlainObject): Labels {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(attributes)) labels[labelName(key)] = textOf(value);
  return labels;
}
