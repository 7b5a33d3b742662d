/** What scores now and what comes next, as people say it. */
import type { TrainingStatus } from './status.js';

/** `2 h 10 min`, `40 s`, `3 days` of event time. */
export function eventSpan(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (ms < 60_000) return `${Math.round(ms / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} days` : `${days} days ${hours % 24} h`;
}

/** `2 h 10 min of data; scored with the models that ship with tocsin; first own models in 50 min` */
export function learningWords(status: TrainingStatus): string {
  const { phase, data, training, automatic, next, behind, refused, failure, trainedUpTo } = status;
  if (phase === 'waiting') return 'nothing was read so far: waiting for the first lines';
  const scored = {
    prior: 'scored with the models that ship with tocsin',
    none: 'nothing scores yet: only plain rules can fire',
    own: `scored with own models${trainedUpTo === undefined ? '' : ` of ${new Date(trainedUpTo).toISOString().slice(0, 16).replace('T', ' ')} UTC`}${behind === undefined ? '' : `, ${eventSpan(behind)} old`}`,
  }[phase];
  const soon = next?.in === undefined ? '' : next.in === 0 ? 'now' : `in ${eventSpan(next.in)}`;
  const coming = training
    ? 'training now'
    : !automatic
      ? 'trained by `tocsin train` only'
      : soon === ''
        ? ''
        : phase === 'own'
          ? `next ${next?.kind === 'look' ? 'look whether to train' : 'training'} ${soon}`
          : `first own models ${soon}`;
  return [
    ...(data === undefined ? [] : [`${eventSpan(data)} of data`]),
    scored,
    ...(coming === '' ? [] : [coming]),
    ...(refused ? [`the last training led to nothing: ${refused.why}`] : []),
    ...(failure === undefined ? [] : [`training fails: ${failure}`]),
  ].join('; ');
}
