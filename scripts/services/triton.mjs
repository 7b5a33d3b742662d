// A client of the inference protocol that is not ours: NVIDIA's, from PyPI, in a virtual environment of its own. It is no
// service: the tests start it by themselves.
import { join } from 'node:path';
import { cacheFolder, installPython } from './install.mjs';

export const install = () => installPython(join(cacheFolder, 'triton-2.73.0-grpc'), 'tritonclient[http,grpc]==2.73.0');
