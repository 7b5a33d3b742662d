/** Where notifications of the respond task go: the outbox, and from there to people. */
import type { Notification } from '../../records/notification.js';
import type { Sink } from '../../runtime/source.js';

export interface Responding {
  /** Takes what has to be delivered; nothing is on its way before it is durable. */
  write(items: readonly Notification[]): void;
  /** Makes it durable, and sends it. */
  flush(): Promise<void>;
}

export interface RespondSinkParts {
  readonly responder: Responding;
  /** Whether what is read now was notified before: it is read for the state alone. */
  readonly isTold: () => boolean;
  /** Called before the first notification behind those that were read for the state alone. */
  readonly resume: () => void;
}

/**
 * What is to be notified is durable and on its way when `write` resolves: who is called does not wait for the next
 * checkpoint of the task. The checkpoint flushes again, so that the position never covers more than the outbox.
 */
export class RespondSink implements Sink<Notification> {
  private wasTold = false;

  constructor(private readonly parts: RespondSinkParts) {}

  /** The task has its state, at the start or again. */
  restored(): void {
    this.wasTold = this.parts.isTold();
  }

  async write(items: readonly Notification[]): Promise<void> {
    const { responder, isTold } = this.parts;
    if (isTold()) {
      this.wasTold = true;
      return;
    }
    this.begin();
    responder.write(items);
    await responder.flush();
  }

  flush(): Promise<void> {
    this.begin();
    return this.parts.responder.flush();
  }

  private begin(): void {
    if (this.wasTold) this.parts.resume();
    this.wasTold = false;
  }
}
