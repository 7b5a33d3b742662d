/** A run that is stopped twice on its way, and gets another number of shards each time, comes to what an undisturbed one does. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Embedded, isTrained, type Scene } from '../faults/embedded.js';
import { FleetScene } from '../faults/fleet-scene.js';
import type { Outcome } from '../faults/outcome.js';
import type { StateKind } from '../faults/settings.js';
import { begin, ended, tocsin, type Ended, type Running } from './services/tocsin.js';

/** Writes the number of shards into a configuration. */
function setShards({ config }: Pick<Scene, 'config'>, shards: number): void {
  const settings = JSON.parse(readFileSync(config, 'utf8')) as { channels?: object };
  writeFileSync(config, JSON.stringify({ ...settings, channels: { ...settings.channels, shards } }));
}

/**
 * Runs until it has models and has worked on for a while, and stops it in good order; then there is a good time, as
 * the command says. A run that has read all that there is ends by itself, which is in good order, too.
 */
async function runAndReshard(scene: Scene, shards: number): Promise<Ended> {
  for (let tries = 0; ; tries++) {
    const run = begin(['run', '--config', scene.config]);
    let looks = 0;
    const works = (): boolean => run.said().includes('"running"') && isTrained(scene) && !isTraining(run);
    while (!run.isOver() && !(works() && looks++ >= 20 * (1 + tries))) await sleep(5);
    run.signal('SIGTERM');
    expect(await run.ended).toMatchObject({ code: 0 });
    const done = await ended('reshard', '--config', scene.config, '--shards', String(shards));
    if (done.code === 0 || tries === 15) return done;
    expect(done.err).toMatch(/not decided|no models|start again/);
  }
}

/** Sources wait in the middle of what they write while it trains. */
function isTraining(run: Running): boolean {
  const said = run.said();
  const outcomes = ['models promoted', 'no training is due', 'too little to train on', 'new models refused'];
  return said.lastIndexOf('training begins') > Math.max(...outcomes.map((outcome) => said.lastIndexOf(outcome)));
}

describe.each<StateKind>(['leveldb', 'redis'])('with state on %s', (state) => {
  let embedded: Embedded;
  let expected: Outcome;
  beforeAll(async () => {
    embedded = await Embedded.open(state, 5);
    expected = await embedded.undisturbed();
  }, 600_000);
  afterAll(() => embedded?.close());

  test('1, 3 and 2 shards, one after the other', async () => {
    const scene = embedded.scene();
    setShards(scene, 1);
    const first = await runAndReshard(scene, 3);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(
      /moved from 1 to 3 shards; the old logs are kept in .*windows\.1-shards and .*decisions\.1-shards/,
    );

    const unchanged = await begin(['run', '--config', scene.config]).ended;
    expect(unchanged.code).not.toBe(0);
    expect(unchanged.err).toMatch(/3 shards.*reshard/);

    setShards(scene, 3);
    expect(await runAndReshard(scene, 2)).toMatchObject({ code: 0, err: '' });
    setShards(scene, 2);
    await tocsin('run', '--config', scene.config);
    const { alerts, deliveries } = await embedded.outcome(scene);
    expect(alerts).toEqual(expected.alerts);
    expect(deliveries).toEqual(expected.deliveries);
  }, 600_000);
});

test('a fleet of two on Kafka and Redis, from 3 shards to 5', async () => {
  const scene = await FleetScene.open({ lines: 20_000 });
  try {
    const expected = await scene.undisturbed();
    const members = await scene.two('resharded');
    await scene.working('resharded', members, 4);
    const config = scene.member('resharded', 'a');
    const asked = ['reshard', '--config', config, '--shards', '5', '--delete-topics'];
    expect(await ended(...asked)).toMatchObject({ code: 2, err: expect.stringContaining('members are running') });
    /** What is in the log is decided by members that read no more. */
    const stopAll = async (running: readonly Running[], codes: readonly number[]): Promise<void> => {
      for (const member of running) member.signal('SIGTERM');
      for (const { ended: end } of running) expect(codes).toContain((await end).code);
      await tocsin('run', '--config', config, '--drain');
    };
    await stopAll(members, [0]);
    let done = await ended(...asked.slice(0, -1));
    // A partition that had just moved: it has to read on, as it says.
    for (let tries = 0; done.err.includes('start again') && tries < 5; tries++) {
      const again = ['a', 'b'].map((name) => scene.begin('resharded', name));
      await sleep(5000);
      // Or at its end before that.
      await stopAll(again, [0, 0]);
      done = await ended(...asked.slice(0, -1));
    }
    expect(done).toMatchObject({ code: 2, err: expect.stringContaining('--delete-topics') });
    done = await ended(...asked);
    expect([done.code, done.err, done.out]).toEqual([
      0,
      '',
      expect.stringMatching(
        /moved from 3 to 5 shards; the topics resharded\.windows and resharded\.decisions start empty/,
      ),
    ]);
    setShards({ config }, 5);
    await tocsin('run', '--config', config, '--bounded');
    const { alerts, deliveries } = await scene.outcome('resharded', config);
    expect(alerts).toEqual(expected.alerts);
    expect(deliveries).toEqual(expected.deliveries);
  } finally {
    await scene.close();
  }
}, 900_000);
