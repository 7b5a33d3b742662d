/** Labels and carriers. Lines of Python's logging. */
import { type ServiceSpec, debug, error, info, rare, warn } from '../service.js';

const by = (name: string) => ({ by: `shipping.${name}` });

export const shipping: ServiceSpec = {
  name: 'shipping',
  format: 'python',
  share: 0.08,
  day: { swing: 0.5, peak: 13, weekend: 0.5 },
  usual: [
    info(50, 'label lbl-{hex 10} printed for order ord-{hex 8} in {ms 85} ms', by('labels')),
    info(44, 'parcel {int 100000000 999999999} handed to {of dhl|ups|dpd|gls}', by('carriers')),
    info(
      40,
      'tracking event {of picked_up|in_transit|out_for_delivery|delivered} for parcel {int 100000000 999999999}',
      by('tracking'),
    ),
    info(20, 'route {int 1 400} planned with {skew 5 120} stops in {ms 310} ms', by('routes')),
    info(
      14,
      'rate table of {of dhl|ups|dpd|gls} read from /var/lib/shipping/rates/{int 2000 2999}.csv',
      by('carriers'),
    ),
    debug(30, 'polling {of dhl|ups|dpd|gls} for {skew 1 200} parcels', by('tracking')),
    debug(16, 'address {hex 12} normalised in {ms 5} ms', by('addresses')),
    warn(4, 'address {hex 12} ambiguous, {int 2 5} candidates', by('addresses')),
    warn(3, 'carrier {of dhl|ups|dpd|gls} asked to slow down, waiting {int 1 30} s', by('carriers')),
    error(1.1, 'label for order ord-{hex 8} failed: HTTP {of 500|502|503} from {of dhl|ups|dpd|gls}', by('labels')),
    error(0.5, 'parcel {int 100000000 999999999} has no weight', by('carriers')),
  ],
  habits: [
    rare(2, info(0, 'customs codes updated, {int 5000 5400} entries', by('customs'))),
    rare(0.6, info(0, 'printer zebra-{int 1 6} out of paper, switched to zebra-{int 7 9}', by('labels'))),
    {
      perDay: 1.5,
      seconds: 55,
      messages: Array.from({ length: 5 }, () =>
        warn(0, 'retrying request to {of dhl|ups|dpd|gls} ({int 1 3}/3)', by('carriers')),
      ),
    },
  ],
  restart: [
    info(0, 'worker {int 1 8} booting, shipping 1.{int 18 21}.{int 0 9}', by('main')),
    info(0, 'connected to amqp://{ip}:5672', by('main')),
    info(0, 'loaded {int 4 4} carriers', by('carriers')),
    info(0, 'worker {int 1 8} ready', by('main')),
  ],
  ill: {
    novel: error(
      0,
      'carrier ups changed its contract: unexpected element {of ServiceSummary|RatedPackage} in answer for ord-{hex 8}',
      by('carriers'),
    ),
    timeout: [error(0, 'ReadTimeout: {of dhl|ups|dpd|gls} did not answer within {ms 6000} ms', by('carriers'))],
    leak: [
      warn(2, 'resident memory at {load} percent of limit, {int 1000 9000} label images in cache', by('labels')),
      warn(1, 'task queue delayed by {ms 2500} ms', by('main')),
    ],
    deploy: [
      error(3, "KeyError: 'postal_code' while planning route {int 1 400}", by('routes')),
      error(2, 'task print_label[{uuid}] raised unexpected: AttributeError', by('main')),
    ],
  },
  rollout: info(0, 'carbon estimate {int 50 900} g for parcel {int 100000000 999999999}', by('carriers')),
};
