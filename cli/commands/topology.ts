/** Draws the three topologies of a configuration. */
import { Command } from 'commander';
import { examples, usualConfig } from '../command-line.js';
import { readConfig } from '../../service/configuration.js';
import { draw } from '../topology/draw.js';

export const topology = (file: string, stores: boolean): void =>
  void process.stdout.write(draw(readConfig(file), stores));

export const command = new Command('topology')
  .description('draw the three topologies of a configuration')
  .argument('[file]', 'configuration file')
  .option('-c, --config <file>', `the same as FILE; ${usualConfig} of this folder where neither is given`)
  .option('--stores', 'also the state stores that each operator opens')
  .addHelpText('after', examples('tocsin topology config/kafka.yaml'))
  .action((file: string | undefined, { config, stores = false }: { config?: string; stores?: boolean }) =>
    topology(file ?? config ?? usualConfig, stores),
  );
