/** Who is to be called does not wait for a checkpoint. */
import type { Notification } from '../../../records/notification.js';
import { MemoryBackend } from '../../../runtime/memory-backend.js';
import { Outbox } from '../../../runtime/outbox.js';
import { RespondSink, type Responding } from '../../../service/tasks/respond-sink.js';

const call = (id: string): Notification => ({ type: 'webhook', id, route: 'pager', alert: {} as never });

/** A responder of an outbox with one route, and what the route was asked to send. */
async function responding(): Promise<{ responder: Responding; sent: string[]; outbox: Outbox }> {
  const sent: string[] = [];
  const outbox = await Outbox.open({
    name: 'respond/outbox',
    routes: new Map([
      [
        'pager',
        {
          delivery: 'at least once',
          tryMs: 1000,
          expireMs: 60_000,
          maxInFlight: 1,
          backoff: { firstMs: 1, maxMs: 1 },
          send: ({ id }) => {
            sent.push(id);
            return Promise.resolve({ ok: true });
          },
        },
      ],
    ]),
    backend: new MemoryBackend(),
    dead: () => undefined,
  });
  const write = (items: readonly Notification[]): void =>
    outbox.add(
      items.flatMap((item) =>
        item.type === 'webhook' ? [{ id: item.id, route: item.route, payload: Buffer.of() }] : [],
      ),
    );
  return { responder: { write, flush: () => outbox.flush() }, sent, outbox };
}

it('sends what it was given when the write has resolved, without a flush', async () => {
  const { responder, sent, outbox } = await responding();
  const sink = new RespondSink({ responder, isTold: () => false, resume: () => undefined });
  sink.restored();
  await sink.write([call('a'), call('b')]);
  await outbox.stop(1000);
  expect(sent).toContain('a');
});

it('sends nothing that was notified before, and goes on with what is known behind it', async () => {
  const { responder, sent, outbox } = await responding();
  let told = true;
  let resumed = 0;
  const sink = new RespondSink({ responder, isTold: () => told, resume: () => resumed++ });
  sink.restored();
  await sink.write([call('old')]);
  told = false;
  await sink.write([call('new')]);
  await sink.write([]);
  await outbox.stop(1000);
  expect([sent, resumed]).toEqual([['new'], 1]);
});
