// KServe's client of the inference protocol, from PyPI, in a virtual environment of its own: 450 MB, so that it is installed
// by its name alone. It is no service: a test starts it by itself.
import { join } from 'node:path';
import { cacheFolder, installPython } from './install.mjs';

export const install = () => installPython(join(cacheFolder, 'kserve-0.21.0'), 'kserve==0.21.0');
