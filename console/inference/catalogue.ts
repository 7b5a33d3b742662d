/** All that is served under `/v2/models`: detectors and ensembles of the sets, and `decide`. */
import { HttpProblem } from '../../connectors/http/problem.js';
import type { ModelLookup } from './answering.js';
import { decideModel, type DecideParts } from './decide.js';
import { inForceAlias, type ServedModels } from './served-models.js';

const decide = 'decide';

/** @param isRunning whether the run behind it has its state */
export function catalogueOf(models: ServedModels, parts: DecideParts, isRunning: () => boolean): ModelLookup {
  return {
    async find(name, version) {
      if (name !== decide) return models.find(name, version);
      if (!isRunning()) throw new HttpProblem(503, 'the run still starts');
      const inForce = parts.inForce();
      const asked =
        version === undefined || version === '' || version === inForceAlias ? inForce : models.idOf(version);
      if (asked !== inForce) throw new HttpProblem(404, `decide answers by the set in force, ${inForce ?? 'none yet'}`);
      return decideModel(parts);
    },
    async versions(name) {
      if (name !== decide) return models.versions(name);
      const inForce = parts.inForce();
      return inForce === undefined ? [] : [inForce];
    },
    names: async () => [...(isRunning() ? [decide] : []), ...(await models.names())],
    isReady: async () => isRunning() && (await models.isReady()),
  };
}
