/** Draws the three topologies of a configuration. */
import { Command } from 'commander';
import { examples, usualConfig } from '../command-line.js';
import { readConfig } from '../../service/configuration.js';
import { draw } from '../topology/draw.js';

export const topology = (file: string): void => void process.stdout.write(draw(readConfig(file)));

export const command = new Command('topology')
  .description('draw the three topologies of a configuration')
  .argument('[file]', 'configuration file')
  .option('-c, --config <file>', `the same as FILE; ${usualConfig} of this folder where neither is given`)
  .addHelpText('after', examples('tocsin topology config/kafka.yaml'))
  .action((file: string | undefined, { config }: { config?: string }) => topology(file ?? config ?? usualConfig));
