// Loaded into a tocsin before it starts (node --import): the process kills itself at the point that FAULT_POINT names,
// `POINT:N` for the Nth time that it is there. The code of tocsin is what is shipped; only the clients of the stores know.
//
//   before    outputs are written, the checkpoint is not
//   during    the checkpoint is on its way to the store
//   after     the checkpoint is written, nothing has happened since
//   restore   state is being read
import { setImmediate } from 'node:timers';
import { ClassicLevel } from 'classic-level';
import { Redis } from 'ioredis';

const [point, nth] = process.env.FAULT_POINT.split(':');
let seen = 0;
const isHere = (name) => name === point && ++seen === Number(nth);
const die = () => process.kill(process.pid, 'SIGKILL');

/** Calls `write` as the caller would, and dies before, while it is under way, or after. */
function checkpoint(write) {
  if (isHere('before')) die();
  const written = write();
  if (isHere('during')) setImmediate(die);
  if (isHere('after')) void written.then(die);
  return written;
}

const { _batch: batch, _iterator: iterator } = ClassicLevel.prototype;
ClassicLevel.prototype._batch = function (...args) {
  return checkpoint(() => batch.apply(this, args));
};
ClassicLevel.prototype._iterator = function (...args) {
  if (isHere('restore')) setImmediate(die);
  return iterator.apply(this, args);
};

const { sendCommand } = Redis.prototype;
Redis.prototype.sendCommand = function (command, ...rest) {
  const send = () => sendCommand.call(this, command, ...rest);
  if (command.name === 'hscan' && isHere('restore')) setImmediate(die);
  return command.name === 'evalsha' ? checkpoint(send) : send();
};
