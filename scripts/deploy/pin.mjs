/* global fetch */
// Names base images by their digests: `npm run pin [-- --check] [FILE ...]`, by default Dockerfile and docker-compose.yml.
// A tag is asked of its registry (OCI distribution, anonymous), and `name:tag` becomes `name:tag@sha256:...`. With
// --check nothing is written, and the code is 1 where an image has no digest, or one that its tag does not have any more.
import { readFileSync, writeFileSync } from 'node:fs';

const args = process.argv.slice(2);
const check = args.includes('--check');
const named = args.filter((arg) => !arg.startsWith('--'));
const files = named.length > 0 ? named : ['Dockerfile', 'docker-compose.yml'];

/** `image: NAME` of Compose, `ARG NODE=NAME` of the Dockerfile. */
const image = /^(\s*image:\s*|ARG NODE=)([\w./:-]+?)(@sha256:[0-9a-f]{64})?(\s*)$/gm;
const accepted = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** Registry, repository and tag of a name as Docker reads it. */
function parts(name) {
  const [first, ...rest] = name.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const path = isHost ? rest.join('/') : name;
  const [repository, tag = 'latest'] = path.split(':');
  const host = isHost ? first : 'registry-1.docker.io';
  const local = /^(localhost|127\.0\.0\.1)(:|$)/.test(host);
  const full = isHost || repository.includes('/') ? repository : `library/${repository}`;
  return { registry: `${local ? 'http' : 'https'}://${host}`, repository: full, tag };
}

/** The token that a registry wants for a pull, by its challenge; undefined where there is none. */
async function tokenFor(challenge) {
  const field = (name) => new RegExp(`${name}="([^"]*)"`).exec(challenge ?? '')?.[1];
  const realm = field('realm');
  if (realm === undefined) return undefined;
  const url = new URL(realm);
  for (const name of ['service', 'scope']) if (field(name) !== undefined) url.searchParams.set(name, field(name));
  const answer = await (await fetch(url)).json();
  return answer.token ?? answer.access_token;
}

async function digestOf(name) {
  const { registry, repository, tag } = parts(name);
  const ask = (token) =>
    fetch(`${registry}/v2/${repository}/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept: accepted, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    });
  let answer = await ask();
  if (answer.status === 401) answer = await ask(await tokenFor(answer.headers.get('www-authenticate')));
  const digest = answer.headers.get('docker-content-digest') ?? '';
  if (!answer.ok || !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new Error(`${name}: ${registry} answers ${answer.status}`);
  return digest;
}

let open = 0;
const known = new Map();
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  for (const [, , name, have = ''] of text.matchAll(image)) {
    // What is built here has no registry.
    if (!name.includes(':')) continue;
    try {
      if (!known.has(name)) known.set(name, await digestOf(name));
      if (have === `@${known.get(name)}`) continue;
      if (check) console.log(`${file}: ${name} ${have === '' ? 'has no digest' : 'is another image by now'}`);
      else console.log(`${file}: ${name}@${known.get(name)}`);
      open++;
    } catch (error) {
      console.error(
        `${file}: ${error.message ?? error}${error.cause ? ` (${error.cause.code ?? error.cause.message})` : ''}`,
      );
      process.exitCode = 1;
    }
  }
  const pinned = text.replace(image, (all, before, name, _have, after) =>
    known.has(name) ? `${before}${name}@${known.get(name)}${after}` : all,
  );
  if (!check && pinned !== text) writeFileSync(file, pinned);
}
if (check && open > 0) process.exitCode = 1;
