import { Budgets } from '../../../operators/select/budget.js';
import { entity } from '../../../records/entity.js';
import { TestStores } from '../../builders/windows.js';

const checkout = entity('service', { service: 'checkout' }).key;
const jobs = entity('session', { service: 'checkout', class: 'jobs' }).key;
const auth = entity('service', { service: 'auth' }).key;
const budget = ({ service }: Readonly<Record<string, string>>) => (service === 'auth' ? 4 : 2);

test('a service shares its budget with its session classes, and gets it back when they are gone', () => {
  const budgets = new Budgets(new TestStores(), { budget });
  expect(budgets.of(checkout)).toBe(2);
  expect([budgets.of(jobs), budgets.of(checkout), budgets.of(auth)]).toEqual([1, 1, 4]);
  budgets.leave(jobs);
  budgets.leave('service{service="nobody"}');
  expect(budgets.of(checkout)).toBe(2);
});

test('the fleet has a ceiling of its own, also over shards that know only their own entities', () => {
  const all = [checkout, jobs, auth];
  const budgets = new Budgets(new TestStores(), { budget, fleetBudget: 1.5 });
  all.forEach((one) => budgets.of(one));
  expect(all.map((one) => budgets.of(one)).reduce((a, b) => a + b)).toBeCloseTo(1.5);
  const sharded = new Budgets(new TestStores(), { budget, fleetBudget: 1.5, shards: 2 });
  all.forEach((one) => sharded.of(one));
  expect(sharded.of(auth)).toBeCloseTo(0.25);
});

test('a restart finds the shares as they were', () => {
  const stores = new TestStores();
  const before = new Budgets(stores, { budget });
  [checkout, jobs, auth].forEach((one) => before.of(one));
  expect(new Budgets(stores, { budget }).of(checkout)).toBe(1);
});
