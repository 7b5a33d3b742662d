/** The console of a run: its view of the logs, the routes over it, sessions, the stream and the page. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { Metrics } from '../connectors/http/metrics.js';
import { RedisLink } from '../connectors/redis/link.js';
import { redisAddress } from '../service/state.js';
import type { ApiToken } from '../connectors/http/tokens.js';
import { presentedLinks } from '../connectors/webhook/alert-view.js';
import type { Decided } from '../records/decided.js';
import type { Decision } from '../records/score.js';
import { storedKey } from '../service/delivery/links.js';
import { presentationOf } from '../service/delivery/outputs.js';
import type { Served } from '../service/http.js';
import { healingApi } from '../service/people/people.js';
import { alertRoutes } from './api/alerts.js';
import { decisionRoutes } from './api/decisions.js';
import { featureRoutes } from './api/features.js';
import { learningRoutes } from './api/learning.js';
import { modelRoutes } from './api/models.js';
import { openapi } from './api/openapi.js';
import { peopleRoutes } from './api/people.js';
import { quarantineRoutes } from './api/quarantine.js';
import { pipelineRoutes } from './api/pipeline.js';
import { answerProblems, sendProblem } from '../connectors/http/problem.js';
import { referencePage } from './api/reference.js';
import { tagAnswers } from './api/etag.js';
import { addRoutes, base, type ApiRoute } from './api/route.js';
import type { ConsoleParts, ServedRun } from './api/served.js';
import { whatifRoutes } from './api/whatif.js';
import { pageHeaders, serveAssets } from './assets.js';
import { Answering } from './inference/answering.js';
import { catalogueOf } from './inference/catalogue.js';
import { openGrpc, type GrpcDoor } from './inference/grpc/server.js';
import { recordedIn } from './inference/recorded.js';
import { inferenceRoutes } from './inference/routes.js';
import { memoryCache, sharedCache, type ScoreCache } from './inference/score-cache.js';
import { ServedModels } from './inference/served-models.js';
import { Artefacts } from '../training/artefacts.js';
import { Hub } from './live/hub.js';
import { streamRoute } from './live/stream.js';
import { recogniseSessions, sessionRoutes } from './session/routes.js';
import { Sessions } from './session/sessions.js';
import { answersOf } from './view/answers.js';
import { View } from './view/view.js';

/** Between two looks at what people said in other processes, ms. */
const lookMs = 500;
/** What is decided later than this is a backlog, ms. */
const longestDelay = 3_600_000;

export interface ConsoleOptions {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Of the API, as its document says it. */
  readonly version: string;
}

export class Console {
  readonly view: View;
  private readonly hub: Hub;
  private run: ServedRun | undefined;
  private looking: NodeJS.Timeout | undefined;
  private heard = '';
  private redis: RedisLink | undefined;
  private answering: Answering | undefined;
  private tokens: readonly ApiToken[] = [];
  private grpc: GrpcDoor | undefined;
  private isClosed = false;

  constructor(private readonly options: ConsoleOptions) {
    const { config, log } = options;
    this.view = new View(config, {
      live: (decision, id) => this.time(decision, id),
      log: (message, err) => log.warn({ err }, message),
    });
    this.hub = new Hub(() => this.view.decidedTo);
    this.view.changes.on('change', (topic) => this.hub.changed(topic));
  }

  /** Takes what a decision was made from. */
  readonly see = (decided: Decided): void => this.view.see(decided);

  /** Adds its routes to a server, before it listens. */
  readonly extend = (server: FastifyInstance, tokens: readonly ApiToken[]): void => {
    const { config, metrics, log, version } = this.options;
    const sessions = new Sessions(sessionKey(config), tokens);
    const parts: ConsoleParts = { config, metrics, view: this.view, run: () => this.run };
    const routes: ApiRoute[] = [
      ...alertRoutes(parts),
      ...decisionRoutes(parts),
      ...featureRoutes(parts),
      ...peopleRoutes(parts),
      ...modelRoutes(parts),
      ...learningRoutes(parts),
      ...pipelineRoutes(parts),
      ...quarantineRoutes(parts),
      ...whatifRoutes(parts),
      ...sessionRoutes(
        sessions,
        tokens,
        config.http.tls !== undefined || config.http.public_url?.startsWith('https:') === true,
      ),
      streamRoute(this.hub),
    ];
    recogniseSessions(server, sessions);
    void server.register((scope, _options, done) => {
      answerProblems(scope, (err) => log.error({ err }, 'a request to the API failed'));
      tagAnswers(scope);
      addRoutes(scope, routes, tokens);
      scope.all(`${base}/*`, (request, reply) =>
        sendProblem(reply, 404, `there is no ${request.method} ${request.url.split('?')[0]}: see /openapi.json`),
      );
      done();
    });
    const document = JSON.stringify(openapi(routes, version));
    const reference = referencePage(routes);
    server.get('/openapi.json', { config: { uncounted: true } }, (_request, reply) =>
      reply.type('application/json').send(document),
    );
    server.get('/api/docs', { config: { uncounted: true } }, (_request, reply) =>
      pageHeaders(reply).type('text/html; charset=utf-8').send(reference),
    );
    const { dir } = Artefacts.in(config.state.dir);
    const models = new ServedModels({
      dir,
      inForce: () => this.inForce,
      aliases: () => this.run?.aliases() ?? {},
      cache: this.scores(),
    });
    const decide = {
      config,
      asideOf: (entity: string) => this.run?.asideOf(entity),
      whereIs: async (entity: string) => (await this.run?.whereIs(entity)) ?? 'the run still starts',
      inForce: () => this.inForce,
      recorded: recordedIn(this.view),
    };
    this.answering = new Answering(
      catalogueOf(models, decide, () => this.run !== undefined),
      version,
    );
    this.tokens = tokens;
    inferenceRoutes(server, this.answering, tokens);
    serveAssets(server, fileURLToPath(new URL('./page', import.meta.url)));
  };

  /** How long the decision of a window took, with its name; not of a backlog, and not of shards of other members. */
  private time({ entity, end, key }: Decision, id: string): void {
    const now = Date.now();
    const delay = now - end;
    if (key !== '' || delay < 0 || delay > longestDelay || !this.run?.asideOf(entity)) return;
    this.options.metrics.decisionDelay.observe(delay / 1000, ['decision', id], now);
  }

  /** Scores that were given before: in memory, and in Redis where the state is. */
  private scores(): ScoreCache {
    const { state } = this.options.config;
    if (state.backend !== 'redis' || !state.redis) return memoryCache();
    void RedisLink.open({ ...redisAddress(state.redis), giveUpMs: state.redis.give_up }).then(
      (link) => {
        if (this.isClosed) link.close();
        else this.redis = link;
      },
      (err: unknown) => this.options.log.warn({ err }, 'scores of inference are kept in memory only'),
    );
    return sharedCache(memoryCache(), () => this.redis, state.redis.prefix);
  }

  /** The set that scored the last decision of the first shard that has one. */
  private get inForce(): string | undefined {
    return [...this.view.artefacts.values()].find((id) => id !== '');
  }

  /** Begins to read the logs of a run, which are open. */
  async start({ wiring, healer, links, trainer }: Served, url: string): Promise<void> {
    const presentation = presentationOf(this.options.config, url, links);
    const { recent, controls, ledger } = healer;
    this.run = {
      knownAlerts: () => wiring.knownAlerts(),
      verdicts: wiring.verdicts,
      answers: () => answersOf(controls.said.values()),
      calendar: wiring.calendar,
      asideOf: (entity) => wiring.asideOf(entity),
      whereIs: (entity) => wiring.whereIs(entity),
      aliases: () => trainer?.doors.names() ?? {},
      healing: { ...healingApi(healer), recent },
      links: (alert) => presentedLinks(alert, presentation).filter(({ name }) => name !== 'verdict'),
    };
    await this.view.open();
    const { http } = this.options.config;
    if (http.grpc_port !== undefined && this.answering) {
      this.grpc = await openGrpc(http, this.answering, this.tokens);
      this.options.log.info({ port: this.grpc.port }, 'inference over gRPC');
    }
    this.looking = setInterval(() => {
      // Verdicts and approvals may be given in another process, or by another door.
      const now = `${controls.said.size} ${recent.length} ${recent[recent.length - 1]?.seq ?? 0} ${ledger.actions.size}`;
      if (now === this.heard) return;
      this.heard = now;
      this.hub.changed('verdicts');
      this.hub.changed('healing');
    }, lookMs).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.looking);
    this.isClosed = true;
    this.redis?.close();
    this.grpc?.close();
    this.hub.close();
    await this.view.close();
  }
}

/** The key of sessions: from the secret of the fleet where there is one, so that each member takes it. */
function sessionKey({ http, state }: Config): Buffer {
  const secret = http.link_secret?.reveal();
  return secret === undefined
    ? storedKey(state, 'session')
    : createHash('sha256').update(`tocsin-session\n${secret}`).digest();
}
