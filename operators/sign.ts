/** Gives every log record its signature. */
import { isUtf8 } from 'node:buffer';
import { mapBatch } from './map-batch.js';
import { SignatureScan } from '../models/templates/signature.js';
import { validUtf8 } from '../models/templates/mask.js';
import type { Operator } from '../records/batch.js';
import type { DecodedRecord } from '../records/log-record.js';
import type { SourceCommand } from '../records/raw.js';

type Item = DecodedRecord | SourceCommand;

/**
 * Sets `signature` and `variable` of every log record in one scan over its message, `value` to the first duration
 * in it and `outcome` to what its status, exit code or state says where the format found none. A message with invalid UTF-8 is replaced by its valid form first, so that the
 * signature is that of the text which people see. Changes the records in place; they are the batch's own.
 */
export function sign(): Operator<Item, Item> {
  const scan = new SignatureScan();
  return mapBatch((batch) => {
    for (const item of batch.items) {
      if (item.type !== 'log') continue;
      scan.scan(item.bytes, item.start, item.end);
      if (scan.wide && !isUtf8(item.bytes.subarray(item.start, item.end))) {
        item.bytes = validUtf8(item.bytes, item.start, item.end);
        item.start = 0;
        item.end = item.bytes.length;
        scan.scan(item.bytes, 0, item.end);
      }
      item.signature = scan.signature;
      item.variable = scan.variable;
      if (scan.numberCount > 0) item.numbers = scan.numbers.slice(0, scan.numberCount);
      if (item.outcome === 0) item.outcome = scan.outcome;
      item.route ||= scan.route;
      if (Number.isNaN(item.value)) item.value = scan.value;
    }
    return batch;
  });
}
