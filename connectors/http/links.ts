/** Signed links: what a person may do by one click and one confirmation, once, until it expires. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { underBase } from '../webhook/address.js';

/** What a link allows. `about`: fingerprint of an alert, or id of an action. */
export interface LinkGrant {
  readonly command: 'verdict' | 'approve' | 'deny';
  readonly about: string;
  /** Where it was sent to: anyone who has the link can use it, so the channel is named. */
  readonly to: string;
  /** Wall-clock ms. */
  readonly expires: number;
}

/** A grant with the id that makes it work once. */
export interface OpenedLink extends LinkGrant {
  readonly id: string;
}

/** Why a link is not taken: worded for who clicked it. */
export class LinkError extends Error {
  override readonly name = 'LinkError';

  constructor(
    message: string,
    readonly status: 403 | 410,
  ) {
    super(message);
  }
}

const longest = 2000;

/** Signs and opens links with one key (HMAC-SHA256); nothing has to be stored until a link is used. */
export class Links {
  /**
   * @param base - address under which people reach tocsin
   * @param key - at least 16 bytes; every process of a fleet has the same
   */
  constructor(
    private readonly base: string,
    private readonly key: string | Buffer,
  ) {}

  /** The address of a new link. */
  make({ command, about, to, expires }: LinkGrant): string {
    // The same grant is the same link with the same id, however often it is sent: it works once.
    const id = this.sign(JSON.stringify([command, about, to, expires])).slice(0, 20);
    const payload = Buffer.from(JSON.stringify([command, about, to, expires, id])).toString('base64url');
    return underBase(this.base, `/l/${payload}.${this.sign(payload)}`);
  }

  /** @throws LinkError where it was not made here, was changed, or has expired */
  open(token: string, now: number): OpenedLink {
    const forged = new LinkError('this link was not made by tocsin, or was changed on its way', 403);
    const [payload, signature, ...rest] = token.slice(0, longest).split('.');
    if (!payload || !signature || rest.length > 0) throw forged;
    const wanted = Buffer.from(this.sign(payload));
    const given = Buffer.from(signature);
    if (wanted.length !== given.length || !timingSafeEqual(wanted, given)) throw forged;
    const [command, about, to, expires, id] = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as [
      LinkGrant['command'],
      string,
      string,
      number,
      string,
    ];
    if (now >= expires) throw new LinkError('this link has expired: ask for a new one, or use the command line', 410);
    return { command, about, to, expires, id };
  }

  private sign(payload: string): string {
    return createHmac('sha256', this.key).update(`tocsin-link\n${payload}`).digest('base64url');
  }
}
