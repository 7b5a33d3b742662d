/** What `doctor` finds where alerts go: receivers are asked whether they are there, and get nothing. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseConfig } from '../../../config/load.js';
import { checkOutputs } from '../../../service/doctor/outputs.js';

let server: Server;
let url: string;
let date: Date | undefined;
let status = 200;
const asked: IncomingMessage[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(status, date ? { date: date.toUTCString() } : {}).end('{}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  [date, status] = [undefined, 200];
  asked.length = 0;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function found(respond: object): Promise<string[]> {
  const config = parseConfig(JSON.stringify({ sources: [{ type: 'file', path: '-' }], respond }), 'tocsin.yaml');
  return (await checkOutputs(config)).map(({ about, level, message }) => `${level} ${about}: ${message}`);
}

test('without an output it warns', async () => {
  expect(await found({})).toEqual([expect.stringMatching(/^warning alerts: no output is configured/)]);
});

test('an Alertmanager that answers, one that refuses, and one that is not there', async () => {
  expect(await found({ alertmanager: [{ url }] })).toEqual([
    `ok Alertmanager ${url}/: answers with 200`.replace('/:', ':'),
  ]);
  expect(asked.map(({ method, url: path }) => `${method} ${path}`)).toEqual(['GET /api/v2/status']);
  status = 502;
  expect(await found({ alertmanager: [{ url }] })).toEqual([expect.stringMatching(/^error .*answers with 502: check/)]);
  expect(await found({ alertmanager: [{ url: 'http://127.0.0.1:1' }] })).toEqual([
    expect.stringMatching(/^error .*does not answer \(ECONNREFUSED\): check the address$/),
  ]);
});

test('a clock that differs by more than half a minute', async () => {
  date = new Date(Date.now() - 3_600_000);
  expect(await found({ alertmanager: [{ url }] })).toContainEqual(
    expect.stringMatching(/^warning clock: this machine and .* differ by 3[56]\d\d s: set both by NTP$/),
  );
});

test('to a webhook a connection is made and nothing is sent', async () => {
  const findings = await found({ webhooks: [{ name: 'chat', url: `${url}/hook`, body: 'alertmanager' }] });
  expect(findings).toContainEqual(expect.stringMatching(/^ok webhook chat: .* can be reached; nothing was sent$/));
  expect(asked).toEqual([]);
  const none = await found({ webhooks: [{ name: 'chat', url: 'http://127.0.0.1:1/hook', body: 'alertmanager' }] });
  expect(none).toContainEqual(expect.stringMatching(/^error webhook chat: 127\.0\.0\.1:1 cannot be reached/));
});
