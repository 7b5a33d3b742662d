import { podOfPath } from '../../service/options.js';

test.each([
  [
    '/var/log/pods/shop_cart-7d9f8b6c5-x2x9z_3f2a9c1e-7b1d-4a55-9a3c-1f5b7f0e9d11/checkout/0.log',
    { service: 'checkout', namespace: 'shop' },
  ],
  [`/var/log/containers/cart-1_shop_checkout-${'a1'.repeat(32)}.log`, { service: 'checkout', namespace: 'shop' }],
  ['/var/log/app.log', {}],
  ['-', {}],
])('%s', (path, labels) => {
  expect(podOfPath(path)).toEqual(labels);
});
