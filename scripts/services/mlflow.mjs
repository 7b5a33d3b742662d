// A tracking server of MLflow from PyPI, on SQLite, with its Python client and what loads ONNX, in a virtual environment.
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, installPython, run } from './install.mjs';
import { answersHttp, freePorts, startServer } from './server.mjs';

const VERSION = '3.17.2';
const home = join(cacheFolder, `mlflow-${VERSION}`);
/** What the server needs beside its skinny package. */
const beside = ['flask', 'flask-cors', 'sqlalchemy', 'alembic', 'graphene', 'huey', 'aiohttp', 'cryptography', 'skops'];

/** With all tables: a server makes them at its first requests, and two at once get in each other's way. */
const empty = join(home, 'empty.db');

export function install() {
  installPython(home, `mlflow-skinny==${VERSION}`, ...beside, 'pandas', 'onnx', 'onnxruntime');
  if (existsSync(empty)) return;
  run(join(home, 'bin', 'mlflow'), ['db', 'upgrade', `sqlite:///${empty}.part`]);
  run('mv', [`${empty}.part`, empty]);
}

/** One server; what was registered is there again after a start on the same folder. */
export async function up({ folder, ports = [] }) {
  const [port] = await freePorts(1, ports);
  const database = join(folder, 'mlflow.db');
  if (!existsSync(database)) copyFileSync(empty, database);
  const restart = () =>
    startServer({
      name: 'mlflow',
      command: [
        'env',
        'MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false',
        'MLFLOW_DISABLE_TELEMETRY=true',
        // What `mlflow server` hands to uvicorn, which would outlive it where it is killed.
        `_MLFLOW_SERVER_FILE_STORE=sqlite:///${database}`,
        `_MLFLOW_SERVER_ARTIFACT_DESTINATION=${join(folder, 'artifacts')}`,
        '_MLFLOW_SERVER_ARTIFACT_ROOT=mlflow-artifacts:/',
        '_MLFLOW_SERVER_SERVE_ARTIFACTS=true',
        '_MLFLOW_SGI_NAME=uvicorn',
        join(home, 'bin', 'uvicorn'),
        ...['--host', '127.0.0.1', '--port', String(port), '--log-level', 'warning'],
        'mlflow.server.fastapi_app:app',
      ],
      log: join(folder, 'mlflow.log'),
      isReady: answersHttp(port, '/health'),
      limit: 240_000,
    });
  return { url: `http://127.0.0.1:${port}`, ports: [port], members: [await restart()], restart };
}
