// A real log shipper for the test of docs/shipping.md: Debian's rsyslog with its module for Kafka. The test starts it.
import { installPrograms } from './install.mjs';

export function install() {
  installPrograms({ rsyslogd: 'rsyslog-kafka' });
}
