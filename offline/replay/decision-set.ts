/** The set of decisions of a run, in canonical order and bytes, so that two runs can be compared with `cmp`. */
import { open } from 'node:fs/promises';
import { compareSubjects, decodeDecision, isDoubtful, type InexactReason, type Subject } from '../../records/score.js';

interface KeptDecision {
  readonly subject: Subject;
  readonly bytes: Uint8Array;
}

/** A window that replay does not promise to repeat. */
export interface InexactWindow extends Subject {
  readonly flags: readonly InexactReason[];
}

export class DecisionSet {
  private readonly kept = new Map<string, KeptDecision>();
  readonly inexact: InexactWindow[] = [];
  /** Partials that came after their window was closed, in words: what a window lacks that was decided already. */
  readonly late: string[] = [];
  /** Subjects that were decided more than once, and not alike. */
  readonly conflicts: Subject[] = [];
  /** Equal bytes that came again: a restart writes again what its checkpoint did not cover. */
  repeats = 0;
  fired = 0;

  get size(): number {
    return this.kept.size;
  }

  /** @throws RangeError on bytes that are no decision */
  add(bytes: Uint8Array): void {
    const { entity, start, end, key, flags, fired } = decodeDecision(bytes);
    const id = `${end}\0${entity}\0${key}`;
    const subject = { entity, start, end, key };
    const known = this.kept.get(id);
    if (known) {
      if (Buffer.compare(known.bytes, bytes) === 0) this.repeats++;
      else this.conflicts.push(subject);
      return;
    }
    this.kept.set(id, { subject, bytes });
    if (fired) this.fired++;
    if (isDoubtful(flags)) this.inexact.push({ ...subject, flags });
  }

  /** Writes each decision as its length (32 bits, little-endian) and its bytes, in order of (end, entity, key). */
  async write(path: string): Promise<void> {
    const sorted = [...this.kept.values()].sort((a, b) => compareSubjects(a.subject, b.subject));
    const file = await open(path, 'w');
    try {
      let parts: Uint8Array[] = [];
      for (const { bytes } of sorted) {
        const length = Buffer.alloc(4);
        length.writeUInt32LE(bytes.length);
        parts.push(length, bytes);
        if (parts.length < 4096) continue;
        await file.writeFile(Buffer.concat(parts));
        parts = [];
      }
      await file.writeFile(Buffer.concat(parts));
    } finally {
      await file.close();
    }
  }
}
