/** Logins and tokens. Plain lines with ISO 8601 stamps. */
import { type ServiceSpec, debug, error, info, rare, warn } from '../service.js';

export const auth: ServiceSpec = {
  name: 'auth',
  format: 'iso',
  share: 0.1,
  day: { swing: 0.6, peak: 14, weekend: 0.7 },
  usual: [
    info(
      80,
      'token issued for user {int 10000 99999} client={of web|ios|android|partner} scope={of shop|shop.orders|admin} req={hex 16}',
    ),
    info(60, 'token introspected in {ms 2} ms, active=true req={hex 16}'),
    info(34, 'login of user {int 10000 99999} from {ip} succeeded in {ms 92} ms'),
    info(20, 'session {uuid} refreshed, expires in {int 600 3600} s'),
    info(12, 'logout of user {int 10000 99999}, session {uuid} ended'),
    info(6, 'second factor {of totp|webauthn|sms} accepted for user {int 10000 99999}'),
    info(3, 'password of user {int 10000 99999} changed'),
    debug(26, 'signing key {hex 8} used, {skew 1 900} signatures since rotation'),
    warn(7, 'login of user {int 10000 99999} from {ip} failed: {of wrong password|unknown user}'),
    warn(2, 'token expired {int 1 900} s ago, client={of web|ios|android|partner} req={hex 16}'),
    error(0.9, 'second factor for user {int 10000 99999} could not be sent: gateway answered {of 500|503}'),
    error(0.6, 'session store write took {ms 1100} ms and was given up, req={hex 16}'),
  ],
  habits: [
    rare(3, info(0, 'purged {int 2000 9000} expired sessions')),
    rare(1, info(0, 'key set published, {int 2 3} keys, newest {hex 8}')),
    rare(0.5, warn(0, 'user {int 10000 99999} locked after {int 10 12} failures from {ip}')),
    {
      perDay: 2,
      seconds: 50,
      messages: Array.from({ length: 7 }, () =>
        warn(0, 'login of user {int 10000 99999} from {ip} failed: wrong password'),
      ),
    },
  ],
  restart: [
    info(0, 'auth 9.{int 1 4}.{int 0 9} starting, mode=cluster'),
    info(0, 'joined cluster of {int 3 3} nodes at {ip}'),
    info(0, 'serving on port 9000 after {ms 1700} ms'),
  ],
  ill: {
    novel: error(0, 'refresh token family {uuid} reused, revoked {int 2 9} tokens of user {int 10000 99999}'),
    timeout: [error(0, 'directory lookup for user {int 10000 99999} timed out after {ms 3000} ms req={hex 16}')],
    leak: [
      warn(2, 'session table uses {load} percent of memory limit'),
      warn(1, 'evicting sessions early, {load} percent used, oldest {int 60 900} s'),
    ],
    deploy: [
      error(3, 'token refused: audience shop is not in list [] req={hex 16}'),
      error(2, 'configuration key issuer.url missing, using default for req={hex 16}'),
    ],
  },
  rollout: info(0, 'passkey offered to user {int 10000 99999} on {of web|ios|android}'),
};
