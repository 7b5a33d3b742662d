import { Webhook } from 'standardwebhooks';
import { alertmanagerBody, standardMessage } from '../../../connectors/webhook/body.js';
import { anAlert } from '../../builders/alert.js';

const secret = `whsec_${Buffer.from('a key of thirty-two bytes length').toString('base64')}`;

test('a receiver can verify the signature, and a changed body is refused', () => {
  const { body, headers } = standardMessage('id-1', 'alert.firing', anAlert(), secret, new Date());
  const verifier = new Webhook(secret);
  expect(verifier.verify(body, headers)).toMatchObject({
    type: 'alert.firing',
    data: { fingerprint: 'f1', status: 'firing' },
  });
  expect(() => verifier.verify(body.replace('cart', 'card'), headers)).toThrow();
});

test('the Alertmanager body has what its version 4 names', () => {
  const body = JSON.parse(alertmanagerBody(anAlert(), 'ops', 'http://tocsin')) as Record<string, unknown>;
  expect(body).toMatchObject({
    version: '4',
    status: 'firing',
    receiver: 'ops',
    groupLabels: { service: 'cart' },
    commonLabels: { alertname: 'TocsinAnomaly', service: 'cart' },
    alerts: [
      { status: 'firing', startsAt: '2026-01-05T03:00:00.000Z', endsAt: '0001-01-01T00:00:00Z', fingerprint: 'f1' },
    ],
  });
});
