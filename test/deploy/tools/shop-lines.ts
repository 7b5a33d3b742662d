/** A day and a half of two services, with an error now and then: the logs of the drills. */
const start = Date.UTC(2026, 0, 5);
export const shopLines = Array.from({ length: 4000 }, (_, i) =>
  JSON.stringify({
    time: new Date(start + i * 30_000).toISOString(),
    level: i % 190 === 7 ? 'error' : 'info',
    service: i % 2 === 0 ? 'cart' : 'shop',
    message: i % 190 === 7 ? `out of memory in worker ${i}` : `order ${i} done`,
  }),
);
