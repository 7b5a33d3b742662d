/** What to do about each reason for which a record is refused, in a sentence that fits a terminal. */

const remedies: Readonly<Record<string, string>> = {
  empty: 'nothing to do: empty lines hold no record',
  'too-long': 'cut lines of more than 1 MiB where they are written',
  'too-many-lines': 'send fewer lines in one record: at most 20,000 are read of one',
  'too-many-labels': 'look for what writes so many labels, or raise limits.labels',
  'long-labels': 'look for what writes labels of more than 4 KiB, or list fewer in fields.labels',
  'not-json': 'set format: plain if these lines are text, or look at what writes half an object',
  'no-time':
    'where JSON has the time under another name, set fields.time; where lines have none, read them as they are written, with time: received (standard input, or a file with follow: true), let their writer put one before each (docker logs -t, kubectl logs --timestamps), or send them to a topic or to POST /v1/lines',
  'bad-time':
    'set what the reason names (date, date_order, timezone, year, time_format), name another field in fields.time, or write the time in ISO 8601 with an offset',
  'bad-encoding': 'write UTF-8: other encodings are not read',
  'no-value': 'set format: plain or json if these are log lines; format: metric reads timestamp,value[,series]',
  'not-metric': 'set format: auto or plain if these are log lines; else see docs/formats.md for the metric formats',
  'not-otlp': "look at the exporter's encoding: otlp_proto and otlp_json are read",
  'other-signal': 'give traces and profiles a topic of their own: logs and metrics are read',
  'metric-point': 'set format: metric on this source, or send the metric to another topic',
  'bad-frame': "the values are not in the schema registry's wire format: set another format:",
  'unknown-schema': 'check that registry.url is the registry of the producer',
  'bad-schema': 'compare the schema with registry.reader_schema',
  'bad-payload': 'look at the producer: its values do not match their schema',
  'time-out-of-range': 'look at the clock or the unit of the sender: times are read from 2000 to 2100',
  late: 'sort a file that several were put together to (sort -s FILE, where each line begins with its time), read its parts as sources of their own, or set windows.lateness above how far lines come out of order',
  future: 'look at the clock or the time zone of the sender',
  'broken-gzip': 'get a whole copy of the file',
  'broken-zstd': 'get a whole copy of the file',
  'late-partial': 'nothing to do: a source that had stalled came back',
  quarantine: "look at what writes values that features.suite does not allow, or correct the suite's rule",
  poison: 'report it, with the dead letter: a record broke an operator',
  'no-source': 'name the source in the configuration, then put the dead letter back again',
  'too-many-sessions': 'give the session class a narrower pattern',
  undecodable: 'run the release that wrote the channel',
};

/** The remedy of a reason. */
export const remedyOf = (reason: string): string =>
  (Object.hasOwn(remedies, reason) ? remedies[reason] : undefined) ??
  'see the detail of its dead letters: tocsin dlq list';
