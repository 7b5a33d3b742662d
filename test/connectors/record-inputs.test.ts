import { inputNames, recordInputs } from '../../connectors/record-inputs.js';

test('key and headers are read where rules match them, and equal ones are one object', () => {
  const names = inputNames(['topic', 'key', 'header_tenant_id', 'key']);
  expect(names).toEqual(['key', 'header_tenant_id']);
  const read = recordInputs(names);
  const message = () => ({
    key: Buffer.from('cart'),
    headers: { 'Tenant-Id': Buffer.from('acme'), other: Buffer.from('x') },
  });
  expect(read(message())).toEqual({ key: 'cart', header_tenant_id: 'acme' });
  expect(read(message())).toBe(read(message()));
  expect(read({ key: null, headers: {} })).toBeUndefined();
  expect(read({ key: null, headers: { 'tenant-id': [Buffer.from('a'), Buffer.from('b')] } })).toEqual({
    header_tenant_id: 'b',
  });
});
