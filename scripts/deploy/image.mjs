// An image without an engine: layers are written by tar, the rest is JSON. It has the same program, packages and user as
// the Dockerfile's, which takes its files from here; its base is made of Debian packages and Node's npm package, and needs no
// base image. The same sources give the same digest.
//
//   node scripts/deploy/image.mjs FOLDER          writes an OCI layout, and prints {"digest", "compressed", "unpacked"}
//   node scripts/deploy/image.mjs --files FOLDER  writes the files alone: base, program and state, each a folder
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run } from '../services/install.mjs';
import { installNode } from '../services/node.mjs';

const packages = ['libc6', 'libgcc-s1', 'libstdc++6', 'busybox-static', 'base-files', 'ca-certificates'];
const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch];
const work = mkdtempSync(join(tmpdir(), 'tocsin-image-'));
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** What is below the program: C library, certificates, a shell, Node, the user. */
function base(root) {
  const archives = join(work, 'archives');
  mkdirSync(archives, { recursive: true });
  const download = () => run('apt-get', ['download', '-q', ...packages], { cwd: archives });
  try {
    download();
  } catch {
    // The lists of packages are older than what the servers have, or not there.
    run('apt-get', ['update', '-qq']);
    download();
  }
  for (const name of readdirSync(archives)) run('dpkg-deb', ['-x', join(archives, name), root]);
  rmSync(join(root, 'usr/share/doc'), { recursive: true });
  rmSync(join(root, 'usr/share/man'), { recursive: true, force: true });
  // What probes, hooks and the pipelines of deploy/ci call.
  for (const name of ['sh', 'sleep', 'cat', 'ls', 'mkdir', 'mktemp', 'dirname'])
    run('ln', ['-s', 'busybox', join(root, 'bin', name)]);
  const authorities = run('find', [join(root, 'usr/share/ca-certificates'), '-name', '*.crt'])
    .trim()
    .split('\n')
    .sort();
  mkdirSync(join(root, 'etc/ssl/certs'), { recursive: true });
  writeFileSync(
    join(root, 'etc/ssl/certs/ca-certificates.crt'),
    authorities.map((path) => readFileSync(path)).join(''),
  );
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\nnobody:x:65532:65532:nobody:/:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnobody:x:65532:\n');
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
  // Its symbols are of use to a debugger of C++ alone.
  run('strip', ['-o', join(root, 'usr/local/bin/node'), installNode('22')]);
  chmodSync(join(root, 'usr/local/bin/node'), 0o755);
}

/** The program, with what it needs. */
function program(root) {
  const app = join(root, 'app');
  mkdirSync(app, { recursive: true });
  for (const name of ['package.json', 'package-lock.json', '.npmrc', 'LICENSE']) copyFileSync(name, join(app, name));
  run('npm', ['ci', '--omit=dev', '--prefer-offline'], { cwd: app });
  writeFileSync(join(app, 'sbom.json'), run('node', [resolve('scripts/deploy/sbom.mjs')], { cwd: app }));
  run('node', ['deploy/prune-runtime.mjs', join(app, 'node_modules'), '--lean']);
  for (const name of ['package-lock.json', '.npmrc']) rmSync(join(app, name));
  for (const name of ['dist', 'config'])
    cpSync(name, join(app, name), { recursive: true, filter: (path) => !path.endsWith('.map') });
}

/** The command as pipelines and `kubectl exec` call it. */
function command(root) {
  const path = join(root, 'usr/local/bin/tocsin');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '#!/bin/sh\nexec node /app/dist/cli/main.js "$@"\n');
  chmodSync(path, 0o755);
}

/** All three, each in a folder of its own. */
function files(below) {
  const [bottom, top, state] = ['base', 'program', 'state'].map((name) => join(below, name));
  mkdirSync(bottom, { recursive: true });
  base(bottom);
  program(top);
  command(top);
  mkdirSync(join(state, 'var/lib/tocsin'), { recursive: true });
  return [bottom, top, state];
}

const filesOnly = process.argv[2] === '--files';
const into = resolve(process.argv[filesOnly ? 3 : 2]);
const blobs = join(into, 'blobs', 'sha256');

function store(bytes, mediaType) {
  const digest = sha256(bytes);
  writeFileSync(join(blobs, digest), bytes);
  return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
}

/** A layer of a folder: names in order, no times, one owner. */
function layer(root, owner) {
  const { stdout, status, stderr } = spawnSync(
    'tar',
    [
      ...['--create', '--sort=name', '--mtime=@0', `--owner=${owner}`, `--group=${owner}`, '--numeric-owner'],
      ...['--format=gnu', '--mode=u+rw,go-w,a+rX', '--directory', root, '.'],
    ],
    { maxBuffer: 2 ** 31 - 1 },
  );
  if (status !== 0) throw new Error(`tar failed: ${stderr}`);
  const stored = store(gzipSync(stdout, { level: 6 }), 'application/vnd.oci.image.layer.v1.tar+gzip');
  return { stored, diff: `sha256:${sha256(stdout)}`, unpacked: stdout.length };
}

function image() {
  mkdirSync(blobs, { recursive: true });
  const [bottom, top, state] = files(work);
  const layers = [layer(bottom, 0), layer(top, 0), layer(state, 65_532)];
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const configuration = {
    architecture: arch,
    os: 'linux',
    config: {
      User: '65532:65532',
      WorkingDir: '/app',
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'NODE_ENV=production', 'SSL_CERT_DIR=/etc/ssl/certs'],
      Entrypoint: ['node', 'dist/cli/main.js'],
      Cmd: ['run', '--config', '/etc/tocsin/tocsin.yaml'],
      ExposedPorts: { '9464/tcp': {} },
      Volumes: { '/var/lib/tocsin': {} },
      Labels: { 'org.opencontainers.image.title': 'tocsin', 'org.opencontainers.image.version': version },
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diff }) => diff) },
  };
  const manifest = store(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: store(Buffer.from(JSON.stringify(configuration)), 'application/vnd.oci.image.config.v1+json'),
        layers: layers.map(({ stored }) => stored),
      }),
    ),
    'application/vnd.oci.image.manifest.v1+json',
  );
  const named = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': version } };
  writeFileSync(join(blobs, '..', '..', 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(blobs, '..', '..', 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  console.log(
    JSON.stringify({
      digest: manifest.digest,
      compressed: layers.reduce((all, { stored }) => all + stored.size, 0),
      unpacked: layers.reduce((all, { unpacked }) => all + unpacked, 0),
    }),
  );
}

try {
  if (filesOnly) files(into);
  else image();
} finally {
  rmSync(work, { recursive: true, force: true });
}
