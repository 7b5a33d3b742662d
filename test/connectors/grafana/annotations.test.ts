import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GrafanaAnnotations } from '../../../connectors/grafana/annotations.js';
import { anAlert } from '../../builders/alert.js';

interface Annotation {
  id: number;
  time: number;
  timeEnd?: number;
  tags: string[];
  text: string;
  dashboardUID?: string;
  panelId?: number;
}

/** Annotations as Grafana keeps them: POST, PATCH by id, GET by tags that must all be there. */
class Receiver {
  readonly annotations: Annotation[] = [];
  readonly authorisations = new Set<string | undefined>();
  status = 200;
  url = '';
  private readonly server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      this.authorisations.add(request.headers.authorization);
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://h');
      const body = parts.length > 0 ? (JSON.parse(Buffer.concat(parts).toString()) as Annotation) : undefined;
      const answer = this.status === 200 ? this.answer(request.method ?? '', pathname, searchParams, body) : {};
      response.writeHead(this.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });

  private next = 1;
  /** Most annotations that there were at once. */
  most = 0;

  private answer(method: string, path: string, query: URLSearchParams, body: Annotation | undefined): unknown {
    if (method === 'GET') {
      const wanted = query.getAll('tags');
      const [from, to] = ['from', 'to'].map((name) => Number(query.get(name) ?? 0)) as [number, number];
      return this.annotations
        .filter(({ tags }) => wanted.every((tag) => tags.includes(tag)))
        .filter(({ time, timeEnd = time }) => from === 0 || to === 0 || (time <= to && timeEnd >= from))
        .sort((a, b) => b.time - a.time)
        .slice(0, Number(query.get('limit') ?? 100));
    }
    if (method === 'POST') {
      const id = this.next++;
      this.annotations.push({ ...body!, id });
      this.most = Math.max(this.most, this.annotations.length);
      return { message: 'Annotation added', id };
    }
    if (method === 'DELETE') {
      const at = this.annotations.findIndex((each) => path.endsWith(`/${each.id}`));
      this.annotations.splice(at, at < 0 ? 0 : 1);
      return { message: 'Annotation deleted' };
    }
    const id = Number(/^\/api\/annotations\/(\d+)$/.exec(path)![1]);
    Object.assign(
      this.annotations.find((each) => each.id === id)!,
      body,
    );
    return { message: 'Annotation patched' };
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }
  stop = (): Promise<void> =>
    new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
}

let receiver: Receiver;
beforeEach(async () => {
  receiver = await new Receiver().start();
});
afterEach(() => receiver.stop());

const annotationsOf = (more: { keepMs?: number; max?: number } = {}): GrafanaAnnotations =>
  new GrafanaAnnotations({
    keepMs: 36_500 * 86_400_000,
    max: 2000,
    url: `${receiver.url}/`,
    token: 'glsa_x',
    dashboardUid: 'svc',
    panelId: 2,
    timeoutMs: 2000,
    presentation: { url: 'http://t', links: [{ name: 'runbook', url: 'https://wiki/{{labels.service}}?a=1&b=2' }] },
    ...more,
  });

test('a region from start to end: written when it fires, brought up to date when it is over, and never twice', async () => {
  const grafana = annotationsOf();
  const alert = anAlert();
  expect(await grafana.alert(alert)).toMatchObject({ ok: true });
  expect(receiver.annotations).toMatchObject([
    { time: alert.startsAt, timeEnd: alert.at, dashboardUID: 'svc', panelId: 2 },
  ]);
  expect(receiver.annotations[0]!.tags).toEqual(['tocsin', 'tocsin:f1', 'warning', 'firing', 'service:cart']);
  // Another process, which remembers nothing.
  const over = { ...alert, status: 'resolved' as const, lastAt: alert.at + 900_000, at: alert.at + 1_800_000 };
  expect(await annotationsOf().alert(over)).toMatchObject({ ok: true });
  expect(receiver.annotations).toHaveLength(1);
  expect(receiver.annotations[0]).toMatchObject({ timeEnd: over.lastAt });
  expect(receiver.annotations[0]!.tags).toContain('resolved');
  expect([...receiver.authorisations]).toEqual(['Bearer glsa_x']);
});

test('text is HTML, with nothing of a log line in it but its letters', async () => {
  const alert = anAlert();
  const summary = `<img src=x onerror="alert(1)">`;
  await annotationsOf().alert({ ...alert, explanation: { ...alert.explanation, summary } });
  const { text } = receiver.annotations[0]!;
  expect(text).not.toContain('<img');
  expect(text).toContain('<a href="https://wiki/cart?a=1&amp;b=2">runbook</a>');
});

test('a deploy is a point in time', async () => {
  const change = { id: 'd1', at: 5000, title: 'cart', version: 'v2', by: 'ann', url: '' };
  await annotationsOf().change(change, { service: 'cart' });
  await annotationsOf().change(change, { service: 'cart' });
  expect(receiver.annotations).toMatchObject([{ time: 5000, text: '<b>Deploy</b>: cart v2 ann' }]);
  expect(receiver.annotations[0]!.tags).toEqual(['tocsin', 'deploy', 'tocsin-deploy:d1', 'service:cart']);
});

test('a Grafana that is away may be tried again, one that refuses may not', async () => {
  receiver.status = 503;
  expect(await annotationsOf().alert(anAlert())).toMatchObject({ ok: false, retryable: true });
  receiver.status = 403;
  expect(await annotationsOf().alert(anAlert())).toMatchObject({ ok: false, retryable: false });
  await receiver.stop();
  expect(await annotationsOf().alert(anAlert())).toMatchObject({ ok: false, retryable: true });
});

test('however many alerts there are, annotations stay below their limit, and the latest are kept', async () => {
  const annotations = annotationsOf({ max: 50 });
  for (let i = 0; i < 150; i++)
    expect(await annotations.alert(anAlert({ fingerprint: `f${i}`, startsAt: 1000 * i }))).toMatchObject({ ok: true });
  expect(receiver.most).toBeLessThanOrEqual(50);
  expect(Math.min(...receiver.annotations.map(({ time }) => time))).toBeGreaterThan(1000 * 99);
  expect(receiver.annotations.length).toBeGreaterThan(30);
});

test('what is older than is kept is deleted', async () => {
  const day = 86_400_000;
  const now = Date.now();
  const annotations = annotationsOf({ keepMs: 7 * day, max: 20 });
  for (const age of [30, 20, 8, 6, 1]) {
    const startsAt = now - age * day;
    await annotations.alert(anAlert({ fingerprint: `f${age}`, startsAt, lastAt: startsAt, at: startsAt }));
  }
  // A process that starts looks at once.
  await annotationsOf({ keepMs: 7 * day, max: 20 }).alert(
    anAlert({ fingerprint: 'new', startsAt: now, lastAt: now, at: now }),
  );
  expect(receiver.annotations.map(({ time }) => Math.round((now - time) / day)).sort()).toEqual([0, 1, 6]);
});
