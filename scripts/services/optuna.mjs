// Optuna from PyPI in a virtual environment of its own: tests read studies with it.
import { join } from 'node:path';
import { cacheFolder, installPython } from './install.mjs';

export const install = () => installPython(join(cacheFolder, 'optuna-5.0.0'), 'optuna==5.0.0');
