/** The steps of each pipeline in deploy/ci, as the shell that its system would run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface Step {
  readonly name: string;
  readonly run: string;
  /** Values of $1 and so on. */
  readonly args?: readonly string[];
}

const read = (name: string): unknown => parse(readFileSync(join('deploy', 'ci', name), 'utf8'));

/** Steps of both jobs without the installation, which the test of the package runs. */
export function githubSteps(): Step[] {
  const { jobs } = read('github-models.yml') as {
    jobs: Record<string, { steps: { name?: string; run?: string }[] }>;
  };
  return ['candidate', 'promote'].flatMap((job) =>
    jobs[job]!.steps.flatMap(({ name = '', run }) => (run && name !== 'install' ? [{ name, run }] : [])),
  );
}

export function gitlabSteps(): Step[] {
  const jobs = read('gitlab-models.yml') as Record<string, { script: string[] }>;
  return ['candidate', 'promote'].map((job) => ({ name: job, run: jobs[job]!.script.join('\n') }));
}

interface ArgoTemplate {
  readonly name: string;
  readonly steps?: readonly (readonly {
    readonly name: string;
    readonly template: string;
    readonly arguments?: { readonly parameters: readonly { readonly name: string; readonly value: string }[] };
  }[])[];
}

/** Those of the entry point; the one that waits for a person has no shell. */
export function argoSteps(): Step[] {
  const { spec } = read('argo-models.yaml') as { spec: { entrypoint: string; templates: ArgoTemplate[] } };
  const entry = spec.templates.find(({ name }) => name === spec.entrypoint);
  return (entry?.steps ?? [])
    .flat()
    .filter(({ template }) => template === 'shell')
    .map((each) => ({ name: each.name, run: each.arguments?.parameters[0]!.value ?? '' }));
}

/**
 * Steps of a compiled pipeline of Kubeflow, with its placeholders filled in as its launcher does.
 * @param compiled text of the file that kfp wrote
 * @param value of an input or output, by executor and name: the text of a parameter, the path of a file
 */
export function kubeflowSteps(compiled: string, value: (executor: string, name: string) => string): Step[] {
  const { deploymentSpec } = parse(compiled) as {
    deploymentSpec: { executors: Record<string, { container: { command: string[]; args: string[] } }> };
  };
  return ['train-and-gate', 'register', 'make-champion'].map((name) => {
    const { command, args } = deploymentSpec.executors[`exec-${name}`]!.container;
    const filled = args.map((each) =>
      each.replace(/\{\{\$\.\w+\.\w+\['(.+?)'\]\S*\}\}/g, (_, key: string) => value(name, key)),
    );
    return { name, run: command[2]!, args: filled };
  });
}
