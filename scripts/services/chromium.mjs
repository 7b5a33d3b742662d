// A browser for the tests of the console: Debian's Chromium, headless. It is no service: the tests start it by themselves.
import { installPrograms } from './install.mjs';

export function install() {
  installPrograms({ chromium: 'chromium' });
}
