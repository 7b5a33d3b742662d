/** Lines of a container as the kubelet's runtime writes them, with lines of log4j inside, of about 200 bytes. */
import type { LineEvent } from './event.js';
import { plain } from './plain.js';

export const cri = (event: LineEvent): string =>
  `${new Date(event.time).toISOString().slice(0, -1)}${String(event.seed % 1_000_000).padStart(6, '0')}Z stdout F ${plain(event)}`;
