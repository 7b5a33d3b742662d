/** Values that stand in the lines of rendered log families, by kind. */
import type { Random } from '../../simulate/random.js';

/** Draws values of one seed. */
export class Values {
  private readonly kinds: Readonly<Record<string, () => string>>;

  constructor(private readonly random: Random) {
    this.kinds = this.table();
  }

  /** A value of a kind. @throws RangeError for an unknown kind */
  of(kind: string): string {
    const draw = Object.hasOwn(this.kinds, kind) ? this.kinds[kind] : undefined;
    if (!draw) throw new RangeError(`no values of kind ${kind}`);
    return draw();
  }

  private int(from: number, to: number): number {
    return this.random.integer(from, to);
  }

  private pick(values: readonly string[]): string {
    return this.random.pick(values);
  }

  private letters(count: number, alphabet: string): string {
    return Array.from({ length: count }, () => alphabet[this.int(0, alphabet.length - 1)]).join('');
  }

  private hex(count: number): string {
    return this.letters(count, '0123456789abcdef');
  }

  private decimal(most: number, places: number): string {
    return (this.random.fraction() * most).toFixed(places);
  }

  private time(): string {
    return `${this.int(10, 23)}:${this.int(10, 59)}:${this.int(10, 59)}`;
  }

  private table(): Record<string, () => string> {
    const name = (): string => this.pick(names);
    const user = (): string => this.pick(users);
    const ip = (): string => [this.int(10, 203), this.int(0, 255), this.int(0, 255), this.int(1, 254)].join('.');
    const version = (): string => [this.int(1, 12), this.int(0, 20), this.int(0, 40)].join('.');
    const uuid = (): string => [8, 4, 4, 4, 12].map((count) => this.hex(count)).join('-');
    return {
      name,
      user,
      ip,
      uuid,
      topic: name,
      job: name,
      word: name,
      ver: version,
      port: () => `${this.int(1024, 65_000)}`,
      int: () => `${this.int(0, 1) === 0 ? this.int(1, 200) : this.int(1, 99_999)}`,
      float: () => this.decimal(100, this.int(1, 3)),
      code: () => this.pick(['404', '500', '502', '503', '504']),
      host: () =>
        this.pick([
          `${this.pick(hosts)}-${this.int(1, 20)}`,
          `${this.pick(hosts)}${this.int(1, 9)}.example.com`,
          `${this.pick(hosts)}.prod.example.net`,
        ]),
      path: () => `/${Array.from({ length: this.int(1, 4) }, () => this.pick(steps)).join('/')}`,
      hex: () => this.hex(16),
      hex0x: () => `0x${this.hex(this.int(2, 12))}`,
      hex64: () => this.hex(64),
      hex8: () => this.hex(8),
      id: () => this.letters(22, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-'),
      clock: () => `${this.int(0, 9)}:${this.int(10, 59)}:${this.int(10, 59)}`,
      date: () => `2024-${this.int(10, 12)}-${this.int(10, 28)} ${this.time()}`,
      ctime: () => `${this.pick(days)} ${this.pick(months)} ${this.int(10, 28)} ${this.time()} 2024`,
      dur: () =>
        this.pick([
          `${this.int(1, 900)}ms`,
          `${this.decimal(10, 2)}s`,
          `${this.int(1, 59)}m${this.int(1, 59)}s`,
          `${this.decimal(900, 3)}µs`,
        ]),
      size: () => this.pick([`${this.int(1, 900)}mb`, `${this.decimal(10, 1)}gb`, `${this.int(1, 900)}KiB`]),
      mac: () => Array.from({ length: 6 }, () => this.hex(2)).join(':'),
      list: () => Array.from({ length: this.int(1, 4) }, () => this.int(1, 9)).join(','),
      erl: () => `0.${this.int(100, 9999)}.0`,
      erlnode: () => `rabbit@${this.pick(hosts)}${this.int(1, 5)}`,
      ns: () => this.pick(['default', 'kube-system', 'shop', 'monitoring', 'prod']),
      pod: () => `${name().replace('_', '-')}-${this.hex(9)}-${this.hex(5)}`,
      node: () =>
        this.pick([
          `node-${this.int(1, 40)}`,
          `ip-10-0-${this.int(1, 99)}-${this.int(1, 99)}`,
          `worker${this.int(10, 60)}`,
        ]),
      image: () => `registry.example.com/${name()}:${version()}`,
      svcname: () => this.pick(units),
      unit: () => this.pick(['nginx', 'docker', 'cron', 'ssh', 'rsyslog', 'app@1']),
      smtpcmd: () => this.pick(['AUTH', 'EHLO', 'CONNECT', 'DATA', 'STARTTLS']),
      qid: () => this.hex(10).toUpperCase(),
      mail: () => `${user()}@${this.pick(['example.com', 'mail.example.org', 'corp.example.net'])}`,
      domain: () =>
        [
          this.pick(['www', 'mail', 'ns1', 'cdn', 'api']),
          this.pick(['example', 'acme', 'foo']),
          this.pick(['com', 'net', 'org']),
        ].join('.'),
      iface: () => this.pick(['eth0', 'eth1', 'ens160', 'br0', 'wlan0']),
      usb: () => `${this.int(1, 4)}-${this.int(1, 9)}`,
      prog: () => this.pick(['java', 'mysqld', 'node', 'python3', 'chrome', 'kworker', 'nginx']),
      dev: () => this.pick(['sda1', 'sdb', 'nvme0n1', 'dm-0', 'sdc2']),
      cif: () =>
        this.pick([
          `GigabitEthernet0/${this.int(1, 48)}`,
          `FastEthernet0/${this.int(1, 24)}`,
          `Vlan${this.int(1, 99)}`,
        ]),
      cls: () => this.pick(['ShopApplication', 'OrderServiceApplication', 'Application', 'GatewayApp']),
      exc: () => this.pick(classes),
      task: () => this.pick(['shop.tasks.send_mail', 'billing.tasks.invoice', 'tasks.cleanup', 'users.sync']),
      pyexc: () => this.pick(["ValueError('bad input')", "TimeoutError('timed out')", "KeyError('id')"]),
      pg: () => `${this.int(1, 20)}.${this.hex(2)}`,
      region: () => `${name()},row${this.int(100, 999)},${this.int(1e12, 9e12)}.${this.hex(32)}.`,
      jail: () => this.pick(['sshd', 'nginx-http-auth', 'postfix', 'recidive']),
      hostlist: () => this.pick([`node[${this.int(1, 9)}-${this.int(10, 40)}]`, `node${this.int(1, 40)}`, 'gpu[1,7]']),
      sql: () =>
        this.pick([
          `SELECT * FROM ${name()} WHERE id = ${this.int(1, 9999)}`,
          `UPDATE ${name()} SET total = ${this.int(1, 99)} WHERE id = ${this.int(1, 999)}`,
          'COMMIT',
        ]),
      tfaddr: () =>
        this.pick([
          `aws_instance.${name()}`,
          `aws_subnet.${name()}[${this.int(0, 3)}]`,
          `module.vpc.aws_route.${name()}`,
        ]),
    };
  }
}

const names =
  'orders carts payments billing users inventory ledger search catalog sessions audit-log web_front stats reports mailer geo'.split(
    ' ',
  );
const users = 'ann bob carla deploy www-data postgres svc_backup jsmith m.lee root admin oracle test'.split(' ');
const hosts = ['web', 'db', 'cache', 'mail', 'gw'];
const steps = ['api', 'v1', 'data', 'var', 'lib', 'items', 'log', 'index.html', '417', 'users'];
const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const months = ['Jan', 'Mar', 'Apr', 'Jun', 'Sep', 'Dec'];
const units = [
  'Network Manager',
  'OpenSSH server daemon',
  'Daily apt download activities',
  'LSB: automatic crash report generation',
  'Login Service',
  'Cleanup of Temporary Directories',
  'Rotate log files',
  'System Logging Service',
  'Multi-User System',
];
const classes = [
  'java.lang.NullPointerException',
  'org.springframework.web.HttpRequestMethodNotSupportedException',
  'com.acme.shop.OrderException',
  'java.io.IOException',
  'com.acme.billing.InvoiceRepository',
];
