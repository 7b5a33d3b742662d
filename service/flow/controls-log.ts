/** Commands of people to every process (stop, resume, answers to requests, changes of log topics), as their log has them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { decodeControl, encodeControl, type Control } from '../../records/control.js';
import type { ChannelReader, ChannelWriter } from '../../records/store.js';

/** A channel that is read from near its end on. */
export type TailReader = ChannelReader & { range(shard: number): Promise<{ first: number; next: number }> };

export interface ControlsLogParts {
  readonly writer: ChannelWriter;
  readonly reader: TailReader;
  readonly log: Logger;
}

const pageSize = 1000;
/** How long what was written may take to be read back, ms. */
const heardMs = 30_000;

export class ControlsLog {
  /** All that was said, by id. */
  readonly said = new Map<string, Control>();
  private at = 0;
  private stop: string | undefined;

  private constructor(private readonly parts: ControlsLogParts) {}

  /** Hears all that was said before now: a stop holds from the start. */
  static async open(parts: ControlsLogParts): Promise<ControlsLog> {
    const controls = new ControlsLog(parts);
    const { reader } = parts;
    const { next } = await reader.range(0);
    for (;;) {
      await controls.poll();
      if (controls.at >= next) return controls;
      await reader.wait(0, controls.at, 1000);
    }
  }

  /** Who stopped healing, or why it is stopped, until a person resumes it. */
  get stopped(): string | undefined {
    return this.stop;
  }

  /** Says something to every process. Resolves when it is durable. */
  async say(control: Control): Promise<void> {
    const { writer } = this.parts;
    writer.append(0, '', encodeControl(control));
    await writer.flush();
    await this.poll();
  }

  /** As `say`; resolves when it is read back. @throws Error where it is not in half a minute */
  async record(control: Control): Promise<void> {
    await this.say(control);
    const began = performance.now();
    while (!this.said.has(control.id)) {
      if (performance.now() - began > heardMs) throw new Error(`${control.command} ${control.id} is not read back`);
      await sleep(20);
      await this.poll();
    }
  }

  /** Reads what is new. */
  async poll(): Promise<void> {
    const { reader, log } = this.parts;
    for (;;) {
      const records = await reader.read(0, this.at, pageSize);
      if (records.length === 0) return;
      for (const { offset, value } of records) {
        if (offset < this.at) continue;
        this.at = offset + 1;
        let control: Control;
        try {
          control = decodeControl(value);
        } catch {
          log.error({ offset }, 'a control cannot be read: healing stops until it is resumed');
          this.stop = `control ${offset} cannot be read`;
          continue;
        }
        if (this.said.has(control.id)) continue;
        this.said.set(control.id, control);
        if (control.command === 'stop') this.stop = `stopped by ${control.by}`;
        if (control.command === 'resume') this.stop = undefined;
      }
    }
  }
}
