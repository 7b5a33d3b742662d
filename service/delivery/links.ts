/** The key of signed links: from the configuration, or made once and kept beside the state. */
import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/schema.js';
import { Links } from '../../connectors/http/links.js';
import { makeStateFolder } from '../state-folder.js';

/** @param url - where the server listens, for links where `http.public_url` is not set */
export function openLinks({ http, state }: Config, url: string): Links {
  return new Links(http.public_url ?? url, http.link_secret?.reveal() ?? storedKey(state, 'link'));
}

/** A key of this process, made once and kept beside its state; of state in memory it is another one after a restart. */
export function storedKey({ backend, dir }: Config['state'], name: string): Buffer {
  if (backend === 'memory') return randomBytes(32);
  const path = join(dir, `${name}.key`);
  makeStateFolder(dir);
  try {
    // Created by the first process; `wx` refuses to overwrite it.
    writeFileSync(path, randomBytes(32), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    chmodSync(path, 0o600);
  }
  return readFileSync(path);
}
