/** Draws the three topologies of a configuration. */
import { readConfig } from '../../service/configuration.js';
import { draw } from '../topology/draw.js';

export const topology = (file: string): void => void process.stdout.write(draw(readConfig(file)));
