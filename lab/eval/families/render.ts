/**
 * Log families rendered from public documentation: what each program says, with values drawn from a seed. A statement is a
 * template. A check of masks and of one template for each statement on logs that no benchmark has.
 */
import { Random } from '../../simulate/random.js';
import type { LabelledLog } from '../loghub.js';
import { databases } from './databases.js';
import { delivery } from './delivery.js';
import { messaging } from './messaging.js';
import { network } from './network.js';
import { platform } from './platform.js';
import { Values } from './values.js';

/** Lines of the most frequent statement; the k-th has a share of it that falls faster than 1 / k. */
const maxLines = 200;

/** Every family with its lines, in an order of frequency drawn from `seed`. */
export function renderedLogs(seed: number): LabelledLog[] {
  const families = Object.entries({ ...databases, ...delivery, ...messaging, ...network, ...platform });
  return families.map(([system, text]) => {
    const random = new Random(seed, system);
    const values = new Values(random);
    const statements = text
      .split('\n')
      .filter((statement) => statement !== '')
      .map((statement) => ({ statement, order: random.fraction() }))
      .sort((a, b) => a.order - b.order);
    const truth: string[] = [];
    const messages: Uint8Array[] = [];
    statements.forEach(({ statement }, rank) => {
      const lines = Math.max(1, Math.round(maxLines / ((rank + 1) * Math.sqrt(rank + 1))));
      for (let line = 0; line < lines; line++) {
        truth.push(statement.replace(/\{\w+\}/g, '<*>'));
        messages.push(Buffer.from(statement.replace(/\{(\w+)\}/g, (_, kind: string) => values.of(kind))));
      }
    });
    return { system, messages, truth, lineIds: truth.map((_, line) => String(line + 1)) };
  });
}
