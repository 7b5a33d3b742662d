/** The TypeScript files of the project, by room. */
import { execFileSync } from 'node:child_process';

/** Rooms that others build on: every export says what it is. */
export const lowerRooms = ['records', 'models', 'formats', 'operators', 'runtime', 'topologies', 'connectors'] as const;
/** Rooms of the published package. */
export const publishedRooms = [...lowerRooms, 'config', 'training', 'service', 'offline', 'console', 'cli'] as const;

/** Paths from the root of the project. */
export const sourcesOf = (rooms: readonly string[]): string[] =>
  execFileSync('git', ['ls-files', ...rooms], { encoding: 'utf8' })
    .split('\n')
    .filter((file) => file.endsWith('.ts'));
