/** The import table: who may import whom. One way only, and no circles. */
const lower = ['records', 'config', 'models', 'formats', 'operators', 'runtime', 'topologies', 'connectors'];
const may = {
  records: [],
  config: ['records'],
  models: ['records'],
  formats: ['records'],
  operators: ['records', 'models', 'formats'],
  runtime: ['records'],
  topologies: ['records', 'formats', 'operators', 'models', 'runtime'],
  connectors: ['records', 'runtime'],
  training: lower,
  service: [...lower, 'training'],
  offline: [...lower, 'training', 'service'],
  console: [...lower, 'training', 'service', 'offline'],
  lab: [...lower, 'training'],
};
const rooms = [...Object.keys(may), 'cli', 'bench', 'test'];
/** Third-party packages that a room may use; a room that is not listed may use any. */
const packages = {
  records: ['rxjs'],
  config: ['zod', 'yaml', 're2js', 'avsc'],
  formats: ['re2js', 'avsc', 'protobufjs', 'snappy'],
  operators: ['rxjs', 're2js'],
  runtime: ['rxjs'],
  topologies: ['rxjs'],
};
/** Modules of Node that reach outside of the process. */
const io = '^(node:)?(fs|fs/promises|net|tls|http|https|dgram|child_process)$';

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(may).map(([room, allowed]) => ({
      name: `${room}-imports`,
      severity: 'error',
      from: { path: `^${room}/` },
      to: { path: `^(${rooms.filter((other) => other !== room && !allowed.includes(other)).join('|')})/` },
    })),
    ...Object.entries(packages).map(([room, allowed]) => ({
      name: `${room}-packages`,
      severity: 'error',
      from: { path: `^${room}/` },
      to: { path: 'node_modules', ...(allowed.length ? { pathNot: `node_modules/(${allowed.join('|')})/` } : {}) },
    })),
    {
      name: 'pure-rooms-do-no-io',
      comment:
        'Of models, three files do I/O by name: the folder of sets, the trial run and the training in a process of its own.',
      severity: 'error',
      from: {
        path: '^(records|formats|operators|topologies|models)/',
        pathNot: '^models/(registry/|onnx/(trial|compiled)|detectors/train)',
      },
      to: { path: io },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
