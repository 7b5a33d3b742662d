/** Stock of the warehouses. Log4j lines. */
import { type ServiceSpec, debug, error, info, rare, warn } from '../service.js';

const by = (name: string) => ({ by: `com.example.stock.${name}` });

export const inventory: ServiceSpec = {
  name: 'inventory',
  format: 'log4j',
  share: 0.11,
  day: { swing: 0.45, peak: 14, weekend: 0.7 },
  usual: [
    info(
      80,
      'Reserved {skew 1 6} of sku-{int 10000 99999} for order ord-{hex 8} in {ms 14} ms',
      by('ReservationService'),
    ),
    info(60, 'Stock of sku-{int 10000 99999} in {of BER|AMS|WAW|LYO} is now {skew 0 400}', by('StockLevel')),
    info(40, 'Released reservation {hex 12} after timeout', by('ReservationService')),
    info(36, 'Received pick confirmation {int 100000 999999} from scanner {ip}', by('PickListener')),
    info(22, 'Goods receipt gr-{int 10000 99999}: {skew 1 80} pallets at dock {int 1 24}', by('GoodsReceipt')),
    info(14, 'Replenishment proposed for sku-{int 10000 99999}: {skew 10 500} pieces', by('Replenishment')),
    debug(50, 'Cache refresh of {int 100 900} entries took {ms 8} ms', by('StockCache')),
    debug(24, 'Polled 0 messages from pick-events-{int 0 5}', by('PickListener')),
    warn(5, 'Optimistic lock failed for sku-{int 10000 99999}, retrying', by('StockRepository')),
    warn(3, 'Negative availability {int -5 -1} for sku-{int 10000 99999} corrected', by('StockLevel')),
    error(1.2, 'Message {uuid} refused: unknown location {of BER|AMS|WAW|LYO}-{int 100 999}', by('PickListener')),
    error(0.7, 'Could not acquire connection within {ms 900} ms', by('StockRepository')),
  ],
  habits: [
    rare(3, info(0, 'Cycle count in aisle {int 1 60} started by {of scan-01|scan-02|scan-07}', by('CycleCount'))),
    rare(1, info(0, 'Rebalanced consumer group, {int 2 3} partitions assigned', by('PickListener'))),
    rare(0.3, warn(0, 'Temperature of cold store {int 1 4} read as {int 5 7} C', by('ColdStore'))),
    {
      perDay: 1.5,
      seconds: 50,
      messages: Array.from({ length: 6 }, () => warn(0, 'Scanner {ip} offline, will poll again', by('PickListener'))),
    },
  ],
  restart: [
    info(0, 'Starting Inventory v3.{int 7 9}.{int 0 9} using Java 21 with PID {int 100 32000}', by('Application')),
    info(0, 'HikariPool-1 - Start completed', by('StockRepository')),
    info(0, 'Tomcat started on port 8080', by('Application')),
    info(0, 'Started Inventory in {ms 9100} ms', by('Application')),
  ],
  cron: {
    at: 255,
    minutes: 15,
    timesUsual: 1.3,
    first: info(0, 'Nightly stock reconciliation started', by('Reconciliation')),
    item: info(0, 'Reconciled aisle {int 1 60} of {of BER|AMS|WAW|LYO}: {skew 0 12} differences', by('Reconciliation')),
    last: info(0, 'Nightly stock reconciliation finished after {ms 860000} ms', by('Reconciliation')),
  },
  ill: {
    novel: error(
      0,
      'Serialization of StockEvent {uuid} failed: Schema being registered is incompatible with an earlier schema',
      by('EventPublisher'),
    ),
    timeout: [error(0, 'Query for sku-{int 10000 99999} cancelled after {ms 4000} ms', by('StockRepository'))],
    leak: [
      warn(
        2,
        'GC overhead: old generation at {load} percent after full collection of {ms 1200} ms',
        by('MemoryMonitor'),
      ),
      warn(1, 'Thread pool exhausted, {int 20 200} tasks waiting', by('TaskExecutor')),
    ],
    deploy: [
      error(
        3,
        'NoSuchMethodError: StockLevel.available(Ljava/lang/String;)I while handling {uuid}',
        by('PickListener'),
      ),
      error(
        2,
        'Reservation for order ord-{hex 8} rolled back: transaction marked rollback-only',
        by('ReservationService'),
      ),
    ],
  },
  rollout: info(0, 'Slotting hint for sku-{int 10000 99999}: move to aisle {int 1 60}', by('Slotting')),
};
