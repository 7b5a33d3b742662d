/** Outgoing mail. Syslog lines (RFC 3164: no year, no fraction of a second). */
import { type ServiceSpec, error, info, rare, warn } from '../service.js';

const by = (name: string) => ({ by: `postfix/${name}` });

export const mailer: ServiceSpec = {
  name: 'mailer',
  format: 'syslog',
  share: 0.06,
  day: { swing: 0.4, peak: 15, weekend: 0.8 },
  usual: [
    info(40, 'connect from app-{int 1 6}.internal[{ip}]', by('smtpd')),
    info(40, '{hex 10}: client=app-{int 1 6}.internal[{ip}]', by('smtpd')),
    info(40, '{hex 10}: message-id=<{uuid}@shop.example.com>', by('cleanup')),
    info(
      40,
      '{hex 10}: from=<{of orders|news|support}@shop.example.com>, size={skew 2000 90000}, nrcpt=1 (queue active)',
      by('qmgr'),
    ),
    info(
      38,
      '{hex 10}: to=<user{int 10000 99999}@mail.example.net>, relay=mx{int 1 4}.example.net[{ip}]:25, delay={ms 3}, dsn=2.0.0, status=sent (250 ok)',
      by('smtp'),
    ),
    info(38, '{hex 10}: removed', by('qmgr')),
    info(40, 'disconnect from app-{int 1 6}.internal[{ip}] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5', by('smtpd')),
    info(
      5,
      '{hex 10}: to=<user{int 10000 99999}@mail.example.net>, relay=mx{int 1 4}.example.net[{ip}]:25, delay={ms 41}, dsn=4.2.0, status=deferred (450 greylisted, try again later)',
      by('smtp'),
    ),
    warn(2.5, 'warning: hostname host-{int 1 250}.example.org does not resolve to address {ip}', by('smtpd')),
    error(
      0.9,
      '{hex 10}: to=<user{int 10000 99999}@mail.example.net>, relay=none, dsn=5.1.1, status=bounced (user unknown)',
      by('smtp'),
    ),
  ],
  habits: [
    rare(4, info(0, 'statistics: max connection rate {int 2 30}/60s for (smtp:{ip})', by('anvil'))),
    rare(1, info(0, 'rotated queue files, {int 0 40} deferred messages kept', by('qmgr'))),
    {
      perDay: 1,
      seconds: 50,
      messages: Array.from({ length: 5 }, () =>
        warn(0, 'warning: TLS library problem: error:{hex 8}:SSL routines::unexpected eof while reading', by('smtpd')),
      ),
    },
  ],
  restart: [
    info(0, 'daemon started -- version 3.{int 8 9}.{int 1 9}, configuration /etc/postfix', by('master')),
    info(0, 'reload -- version 3.{int 8 9}.{int 1 9}', by('master')),
  ],
  cron: {
    at: 375,
    minutes: 20,
    timesUsual: 1.8,
    first: info(0, 'newsletter batch {int 100 999} opened', by('bulk')),
    item: info(0, 'newsletter batch {int 100 999}: queued {int 50 200} messages', by('bulk')),
    last: info(0, 'newsletter batch {int 100 999} closed', by('bulk')),
  },
  ill: {
    novel: error(
      0,
      'fatal: no DKIM key for selector s{int 1 4}._domainkey.shop.example.com, {hex 10} held',
      by('cleanup'),
    ),
    timeout: [
      error(0, '{hex 10}: conversation with mx{int 1 4}.example.net[{ip}] timed out after {ms 30000} ms', by('smtp')),
    ],
    leak: [
      warn(2, 'warning: mail queue file system at {load} percent', by('qmgr')),
      warn(1, 'warning: {int 500 9000} messages in active queue, delivery delayed', by('qmgr')),
    ],
    deploy: [
      error(3, 'fatal: bad boolean configuration: smtp_use_tls = maybe', by('smtp')),
      error(2, 'warning: process /usr/lib/postfix/smtp pid {int 100 32000} exit status 1', by('master')),
    ],
  },
  rollout: info(0, '{hex 10}: DKIM-Signature field added (s={of s1|s2}, d=shop.example.com)', by('opendkim')),
};
