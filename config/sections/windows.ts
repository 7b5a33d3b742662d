/** `windows`: how event time is cut, and how long anything is waited for. */
import { z } from 'zod';
import { duration } from '../values.js';

export const windows = z
  .strictObject({
    pane: duration('1m', 'Length of a pane, the grain of everything.'),
    length: duration('5m', 'Length of a window of a log service: a multiple of the pane.'),
    lateness: duration('10s', 'How far a record may be behind the latest one of its partition.'),
    future: duration('5m', 'How far an event time may be ahead of the broker time stamp.'),
    jump: duration('1h', 'In files: a jump ahead by more must be confirmed by further records.'),
    silent_for: duration('1d', 'A silent service has windows for this long, then it sleeps.'),
    forget_after: duration(
      '90d',
      'An entity without a line for this long is forgotten, with all that was learnt of it.',
    ),
    idle_after: duration('30s', 'A partition at its end without records for this long is idle.'),
    max_hold: duration('10m', 'A source that holds the others back for longer is stalled: windows close without it.'),
    input_lost: duration('15m', 'When every source is silent for this long, the input is lost: one alert.'),
  })
  .prefault({});
