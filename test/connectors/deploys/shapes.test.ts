import { deployOf, NoDeploy } from '../../../connectors/deploys/shapes.js';

const now = Date.UTC(2026, 0, 5, 3);
const github = (state: string): object => ({
  deployment: { id: 7, sha: '0123456789abcdef', ref: 'v1.2', environment: 'prod', creator: { login: 'ann' } },
  deployment_status: { state, created_at: '2026-01-05T02:58:00Z', target_url: 'https://ci.example/7' },
  repository: { name: 'cart', full_name: 'shop/cart', html_url: 'https://github.com/shop/cart' },
});

test('a GitHub deployment that succeeded', () => {
  expect(deployOf(github('success'), now)).toEqual({
    change: {
      id: 'github/shop/cart/7',
      at: Date.UTC(2026, 0, 5, 2, 58),
      title: 'cart',
      version: 'v1.2',
      by: 'ann',
      url: 'https://ci.example/7',
    },
    match: { service: 'cart' },
  });
  expect(() => deployOf(github('pending'), now)).toThrow(expect.objectContaining({ ignored: true }) as Error);
});

test('an Argo CD application, alone or inside a notification', () => {
  const application = {
    kind: 'Application',
    metadata: { name: 'cart', uid: 'u1' },
    status: {
      sync: { revision: 'abcdef0123456789' },
      summary: { images: ['registry/cart:1.2'] },
      operationState: {
        phase: 'Succeeded',
        finishedAt: '2026-01-05T02:59:00Z',
        operation: { initiatedBy: { username: 'ann' } },
      },
    },
  };
  const { change, match } = deployOf(application, now);
  expect([change.version, change.by, change.at, match]).toEqual([
    'registry/cart:1.2',
    'ann',
    Date.UTC(2026, 0, 5, 2, 59),
    { service: 'cart' },
  ]);
  expect(deployOf({ app: application }, now)).toEqual({ change, match });
});

test('a generic one, by service or by labels; a label value is never a pattern, an address only of the web', () => {
  expect(deployOf({ service: 'cart', version: 'v2', by: 'ann', at: 1_767_582_000 }, now)).toMatchObject({
    change: { title: 'cart', version: 'v2', at: 1_767_582_000_000 },
    match: { service: 'cart' },
  });
  const odd = deployOf({ labels: { service: '/.*/', team: 'x' }, url: 'javascript:alert(1)' }, now);
  expect([odd.match, odd.change.url, odd.change.at]).toEqual([{ service: '.*', team: 'x' }, '', now]);
});

test.each([[{}], [null], ['text'], [[1]], [{ service: 'a', at: 'soon' }], [{ deployment: {} }], [{ service: {} }]])(
  '%j is no deploy',
  (message) => {
    expect(() => deployOf(message, now)).toThrow(NoDeploy);
  },
);
