/** Checks where alerts go, and what else is asked over the network: nothing is fired, nothing is written. */
import { connect } from 'node:net';
import axios from 'axios';
import { underBase } from '../../connectors/webhook/address.js';
import type { Config } from '../../config/schema.js';
import { openState } from '../state.js';
import { failing, ok, patienceMs, warning, within, type Finding } from './finding.js';
import { shownUrl } from '../../connectors/webhook/shown-url.js';

/** A clock that is further off decides other windows, ms. */
const maxSkewMs = 30_000;

export async function checkOutputs(config: Config): Promise<Finding[]> {
  const { respond, healing, sources } = config;
  const asked = [
    ...respond.alertmanager.map(({ url }) =>
      answers(`Alertmanager ${shownUrl(url)}`, underBase(url, '/api/v2/status')),
    ),
    ...respond.grafana.map(({ url, name }) => answers(`Grafana ${name}`, underBase(url, '/api/health'))),
    ...respond.loki.map(({ url, name }) => answers(`Loki ${name}`, underBase(url, '/ready'))),
    ...respond.webhooks.map(({ name, url }) => reachable(`webhook ${name}`, url)),
    ...healing.notify.map(({ name, url }) => reachable(`healing.notify ${name}`, url)),
    ...healing.targets.map(({ name, url }) => reachable(`healing target ${name}`, url)),
    ...sources.flatMap((source) =>
      source.type === 'kafka' && source.registry
        ? [reachable(`schema registry ${shownUrl(source.registry.url)}`, source.registry.url)]
        : [],
    ),
  ];
  const findings = (await Promise.all(asked)).flat();
  const none = respond.alertmanager.length + respond.webhooks.length + respond.kafka.length === 0;
  if (none)
    findings.push(
      warning('alerts', 'no output is configured: they go to standard output alone; set respond.alertmanager'),
    );
  return [...findings, ...(await redis(config))];
}

async function answers(about: string, url: string): Promise<Finding[]> {
  try {
    const { status, headers } = await axios.get<unknown>(url, {
      timeout: patienceMs,
      proxy: false,
      validateStatus: () => true,
      maxRedirects: 0,
    });
    const date = Date.parse(String(headers.date));
    const skew = Number.isNaN(date) ? 0 : Math.abs(Date.now() - date);
    return [
      status < 400
        ? ok(about, `answers with ${status}`)
        : failing(about, `answers with ${status}: check the address and what is before it`),
      ...(skew > maxSkewMs
        ? [warning('clock', `this machine and ${about} differ by ${Math.round(skew / 1000)} s: set both by NTP`)]
        : []),
    ];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return [failing(about, `does not answer (${code ?? message}): check the address`)];
  }
}

/** Whether a connection can be made: no request is sent. */
async function reachable(about: string, address: string): Promise<Finding[]> {
  const { hostname, port, protocol } = new URL(address);
  const number = Number(port) || (protocol === 'https:' ? 443 : 80);
  try {
    await within(
      new Promise<void>((resolve, reject) => {
        const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: number }, () => {
          socket.destroy();
          resolve();
        });
        socket.setTimeout(patienceMs, () => socket.destroy(new Error('no answer')));
        socket.once('error', reject);
      }),
    );
    return [ok(about, `${hostname}:${number} can be reached; nothing was sent`)];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return [failing(about, `${hostname}:${number} cannot be reached (${code ?? message}): check its url`)];
  }
}

async function redis(config: Config): Promise<Finding[]> {
  if (config.state.backend !== 'redis') return [];
  const findings: Finding[] = [];
  try {
    const { backend } = await within(
      openState(config, (message) => findings.push(warning('redis', message))),
      4 * patienceMs,
    );
    await backend.close();
    return [ok('redis', 'answers and can keep state'), ...findings];
  } catch (error) {
    return [failing('redis', (error as Error).message)];
  }
}
