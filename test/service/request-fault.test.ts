/** Which requests of OpenTelemetry are refused to their sender. */
import { requestFault } from '../../service/intake/request-fault.js';
import { logsRequest, metricsRequest, otlpBytes } from '../builders/otlp.js';

const faultOf = requestFault();
const someLogs = logsRequest({ 'service.name': 'cart' }, [{ timeUnixNano: '1767614400000000000', severityNumber: 9 }]);
const text = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

test('a request that is read, and one that holds nothing, has no fault', () => {
  for (const empty of ['{}', ' { } ', '', '{"resourceLogs":[]}', '\n\0'])
    expect([empty, faultOf(text(empty), 'logs')]).toEqual([empty, undefined]);
  const logs = someLogs;
  expect(faultOf(text(logs), 'logs')).toBeUndefined();
  expect(faultOf(otlpBytes('Logs', logs), 'logs')).toBeUndefined();
});

test('one that is damaged, something else, or another signal is refused with the reason', () => {
  const logs = someLogs;
  const json = JSON.stringify(logs);
  expect(faultOf(text(json.slice(0, -3)), 'logs')).toMatch(/^the request of OpenTelemetry is damaged: /);
  expect(faultOf(text({ message: 'hi' }), 'logs')).toMatch(/^the value is no export request of OpenTelemetry/);
  const wire = otlpBytes('Logs', logs);
  expect(faultOf(wire.subarray(0, wire.length - 2), 'logs')).toMatch(/^the value is no export request|damaged/);
  expect(faultOf(text(json), 'metrics')).toBe(
    'the request holds logs: post it to /v1/logs, and its source has signal: logs',
  );
  const metrics = metricsRequest({}, []);
  expect(faultOf(text(metrics), 'metrics')).toBeUndefined();
  expect(faultOf(text({ resourceSpans: [] }), 'logs')).toMatch(/^the value holds traces of OpenTelemetry/);
});
