/** Runs the sources of a configuration until they end or SIGTERM: the command that stays on. */
import { loadConfig } from '../../config/load.js';
import { createMetrics } from '../../connectors/http/metrics.js';
import { createScreen, screenOptions } from '../demo/screen.js';
import { exitCodes } from '../exit-codes.js';
import { cardOf } from '../pipeline/card.js';
import { openEmbedded } from '../pipeline/channels.js';
import { createLog } from '../pipeline/log.js';
import { Pipeline } from '../pipeline/pipeline.js';
import { listen } from '../pipeline/server.js';
import { fileSources } from '../pipeline/sources.js';

export async function run({ config: file }: { config: string }): Promise<void> {
  const config = loadConfig(file);
  const log = createLog(config.log);
  const metrics = createMetrics();
  const sources = await fileSources(config);
  const embedded = await openEmbedded(config, (message) => log.warn(message));
  let pipeline: Pipeline | undefined;
  const { server, url } = await listen(config, metrics, () => pipeline);
  try {
    const screen = createScreen(process.stdout, { ...screenOptions(process.stdout, process.env), inPlace: false });
    pipeline = await Pipeline.open({
      config,
      embedded,
      sources,
      metrics,
      log,
      url,
      ...(config.respond.stdout
        ? {
            print: ({ alert, change }) => {
              if (change === 'new' || change === 'worse') screen.alert(cardOf(alert));
            },
          }
        : {}),
    });
    const opened = pipeline;
    let interrupted = false;
    const interrupt = (): void => {
      if (interrupted) process.exit(exitCodes.interrupted);
      interrupted = true;
      log.info('stopping: what was read is finished and written (again to stop at once)');
      opened.stop();
    };
    process.on('SIGTERM', interrupt).on('SIGINT', interrupt);
    metrics.ready.set(1);
    log.info({ url, sources: sources.map(({ name }) => name) }, 'running');
    await opened.run();
    log.info(interrupted ? 'stopped' : 'all sources read to their end');
    process.off('SIGTERM', interrupt).off('SIGINT', interrupt);
    if (interrupted) process.exitCode = exitCodes.interrupted;
  } finally {
    await server.close();
    await embedded.close();
  }
}
