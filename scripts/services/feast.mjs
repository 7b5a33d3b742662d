// Readers of the feature store that are not ours, from PyPI, in one virtual environment (1 GB, a minute): Feast with its
// Redis and DuckDB stores, Great Expectations, pyarrow, scikit-learn and scipy. They are no service: tests start them.
import { join } from 'node:path';
import { cacheFolder, installPython } from './install.mjs';

export const install = () =>
  installPython(
    join(cacheFolder, 'feast-0.67.0'),
    'feast[redis,duckdb]==0.67.0',
    'great_expectations==1.24.1',
    'scikit-learn==1.9.1',
    'scipy==1.17.1',
  );
