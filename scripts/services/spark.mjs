// Spark from PyPI, in a virtual environment of its own, and the Java that it runs on: 500 MB, so that it is installed by its
// name alone (`npm run check:features`). It is no service: a test starts it.
import { join } from 'node:path';
import { cacheFolder, installPrograms, installPython } from './install.mjs';

export const install = () => {
  installPrograms({ java: 'openjdk-17-jre-headless' });
  installPython(join(cacheFolder, 'spark-4.3.0'), 'pyspark==4.3.0');
};
