/** A loop by hand around a kafkajs consumer, without state on disk: what somebody would write who needs this one count. */
import type { Kafka } from 'kafkajs';
import { consumeAll, type BareRun } from './kafka-bare.js';
import { maskedFrom, maskedHash, windowMs, type Rows } from './lines/reference.js';

/** Reads `lines` plain lines of a topic; counts them by window and level, and by window and masked text. */
export async function kafkaLoop(
  kafka: Kafka,
  topic: string,
  partitions: number,
  lines: number,
): Promise<BareRun & { rows: Rows }> {
  const byLevel = new Map<number, Map<string, number>>();
  const byTemplate = new Map<number, Map<number, number>>();
  let minute = '';
  let minuteMs = 0;
  const run = await consumeAll(kafka, topic, partitions, lines, (bytes) => {
    const head = bytes.toString('latin1', 0, 16);
    if (head !== minute) {
      minute = head;
      minuteMs = Date.parse(`${head.slice(0, 10)}T${head.slice(11)}:00Z`);
    }
    const digit = (i: number): number => bytes[i]! - 0x30;
    const time = minuteMs + (digit(17) * 10 + digit(18)) * 1000 + digit(20) * 100 + digit(21) * 10 + digit(22);
    const window = time - (time % windowMs);
    add(byLevel, window, bytes.toString('latin1', maskedFrom, bytes.indexOf(0x20, maskedFrom)));
    add(byTemplate, window, maskedHash(bytes, maskedFrom, bytes.length));
  });
  return { ...run, rows: [...rowsOf('L', byLevel), ...rowsOf('T', byTemplate)].sort() };
}

function add<K>(counts: Map<number, Map<K, number>>, window: number, key: K): void {
  let own = counts.get(window);
  if (!own) counts.set(window, (own = new Map<K, number>()));
  own.set(key, (own.get(key) ?? 0) + 1);
}

const rowsOf = <K extends string | number>(kind: string, counts: Map<number, Map<K, number>>): string[] =>
  [...counts].flatMap(([window, own]) => [...own].map(([key, n]) => `${kind} ${window} ${key} ${n}`));
