/** `models export` and `import`: a set as a folder of files. */
import { Command } from 'commander';
import { exportSet, importSet } from '../../offline/models/folder.js';
import { RegistryError } from '../../models/registry/artefact-set.js';
import { StartError } from '../../runtime/start-error.js';
import { readConfig } from '../../service/configuration.js';
import { Artefacts } from '../../training/artefacts.js';
import { examples, withConfig } from '../command-line.js';
import { line } from '../terminal/line.js';

const dirOf = (file: string): string => Artefacts.in(readConfig(file).state.dir).dir;

const found = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw error instanceof RegistryError ? new StartError(error.message, 'findings') : error;
  });

export const folderCommands: readonly Command[] = [
  withConfig(new Command('export'))
    .description('write a set to a folder: ONNX files, card, lineage and hashes, for git, DVC or a bucket')
    .argument('<set>')
    .requiredOption('-o, --out <folder>', 'an empty folder, or a new one')
    .addHelpText('after', examples('tocsin models export SET --out champion --config f.yaml'))
    .action(async (set: string, { config, out }: { config: string; out: string }) => {
      const files = await found(exportSet(dirOf(config), set, out));
      console.log(line`${set}: ${files.length} files written to ${out}; check them with sha256sum -c SHA256SUMS`);
    }),
  withConfig(new Command('import'))
    .description('store a set that export wrote; every byte is checked against its id')
    .argument('<folder>')
    .action(async (folder: string, { config }: { config: string }) => {
      console.log(line`${await found(importSet(dirOf(config), folder))}`);
    }),
];
