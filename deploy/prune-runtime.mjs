// ONNX Runtime's package brings the libraries of five platforms: only this one's stay (45 of 290 MB on Linux, x64).
//   node deploy/prune-runtime.mjs [NODE_MODULES [--lean]]     by default the folder that this package is installed in
// --lean also deletes what no program reads: types, source maps and documents of packages (licenses stay).
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const name = join('onnxruntime-node', 'bin');

/** The nearest node_modules, from a folder upwards, that has the runtime. */
function nearest(folder) {
  const found = join(folder, 'node_modules', name);
  if (existsSync(found)) return found;
  if (dirname(folder) === folder)
    throw new Error('onnxruntime-node is not installed here: give its node_modules folder');
  return nearest(dirname(folder));
}

const given = process.argv[2];
const bin = given === undefined ? nearest(dirname(fileURLToPath(import.meta.url))) : resolve(given, name);
for (const api of readdirSync(bin)) {
  const own = join(bin, api, process.platform, process.arch);
  // Nothing is deleted where there would be nothing left to run with.
  if (!existsSync(own))
    throw new Error(`ONNX Runtime has no library for ${process.platform}/${process.arch} in ${bin}`);
  for (const platform of readdirSync(join(bin, api)))
    for (const arch of readdirSync(join(bin, api, platform)))
      if (platform !== process.platform || arch !== process.arch)
        rmSync(join(bin, api, platform, arch), { recursive: true });
}

if (process.argv[3] === '--lean')
  for (const { name: file, parentPath } of readdirSync(resolve(given), { withFileTypes: true, recursive: true }))
    if (/\.(map|[cm]?ts|md|markdown)$/.test(file) && !/^(licen[cs]e|copying|notice)/i.test(file))
      rmSync(join(parentPath, file), { force: true, recursive: false });
