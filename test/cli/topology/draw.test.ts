/** The drawing of a configuration: golden text, and operator names held against the topologies themselves. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { draw, width } from '../../../cli/topology/draw.js';
import { drawn } from '../../../cli/topology/operators.js';
import { loadConfig } from '../../../config/load.js';

const root = join(__dirname, '../../..');

test.each(['file', 'kafka', 'metrics'])('the drawing of config/%s.yaml', (name) => {
  const config = loadConfig(join(root, `config/${name}.yaml`), {});
  const drawing = draw(config);
  expect(drawing).toBe(readFileSync(join(__dirname, `golden/${name}.txt`), 'utf8'));
  for (const line of `${drawing}\n${draw(config, true)}`.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
});

test.each(Object.entries(drawn))(
  '%s is drawn with the operators that its topology is composed of',
  (name, operators) => {
    const text = readFileSync(join(root, `topologies/${name}.ts`), 'utf8');
    const imported = [...text.matchAll(/^import \{([^}]+)\} from '\.\.\/operators\//gm)]
      .flatMap(([, names]) => names!.split(','))
      .map((one) => one.trim());
    // What cuts batches is no step of its own.
    const plumbing = ['onSubscribe', 'inPieces'];
    const called = imported.filter(
      (one) => !plumbing.includes(one) && new RegExp(`^\\s*(?:return )?${one}(?:<\\w+>)?\\(`, 'm').test(text),
    );
    expect(operators.map((operator) => operator.name).sort()).toEqual(called.sort());
  },
);

test('long paths and many routes stay within the width, and secrets are not drawn', () => {
  const config = loadConfig(join(root, 'config/file.yaml'), { LOG_FILE: `/var/log/${'deep/'.repeat(30)}app.log` });
  const drawing = draw({
    ...config,
    healing: {
      ...config.healing,
      rules: [
        {
          name: 'restart',
          target: 'stackstorm',
          parameters: {},
          match: { service: 'checkout' },
          severity: 'critical',
          for: 1,
          confidence: 0.5,
          cooldown: 1,
          dry_run: true,
          approval: true,
          approval_expiry: 1,
          max_in_flight: 1,
          max_per_hour: 1,
          stabilise: 1,
        },
      ],
    },
  });
  for (const line of drawing.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
  expect(drawing).toContain('heal restart (dry run) by stackstorm from critical on');
});
