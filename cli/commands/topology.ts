/** Draws the three topologies of a configuration. */
import { loadConfig } from '../../config/load.js';
import { draw } from '../topology/draw.js';

export const topology = (file: string): void => void process.stdout.write(draw(loadConfig(file)));
