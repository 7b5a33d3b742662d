/** Numeric levels: which number means what depends on who wrote it. */
import { syslogLevels } from './level.js';

/**
 * Who counts how. `guess` is told by the value and by what the source has shown; the others by the name of the field or by
 * the shape of the record.
 *
 * Sources: pino and bunyan docs; RFC 5424; Monolog\Level; org.apache.log4j.Level; ch.qos.logback.classic.Level;
 * java.util.logging.Level; OpenTelemetry logs data model (SeverityNumber); Go log/slog; Python logging;
 * Microsoft.Extensions.Logging.LogLevel; Serilog.Events.LogEventLevel; Nextcloud ILogger; NXLog SeverityValue.
 */
export const scales = {
  guess: 0,
  pino: 1,
  syslog: 2,
  otel: 3,
  slog: 4,
  python: 5,
  nextcloud: 6,
  dotnet: 7,
  monolog: 8,
  nxlog: 9,
  zap: 10,
} as const;
/** One of `scales`. */
export type Scale = (typeof scales)[keyof typeof scales];

const clamp = (level: number): number => Math.max(1, Math.min(6, level));

/** Level of a number, as an index into `levels`; 0 where it is none. `shown` is the scale of the source so far. */
export function levelOfNumber(value: number, scale: number = scales.guess, shown: number = scales.guess): number {
  if (Number.isNaN(value)) return 0;
  switch (scale === scales.guess ? guessed(value, shown) : scale) {
    case scales.pino:
      return value < 10 ? (value > 0 ? 1 : 0) : clamp(Math.floor(value / 10));
    case scales.syslog:
      return value >= 0 && value <= 7 ? syslogLevels[Math.floor(value)]! : 0;
    case scales.otel:
      return value >= 1 && value <= 24 ? Math.ceil(value / 4) : 0;
    case scales.slog:
      return value < -4 ? 1 : value < 0 ? 2 : value < 4 ? 3 : value < 8 ? 4 : value < 12 ? 5 : 6;
    case scales.python:
      return value <= 0 ? 0 : value < 10 ? 1 : clamp(Math.floor(value / 10) + 1);
    case scales.nextcloud:
      return value >= 0 && value <= 4 ? Math.floor(value) + 2 : 0;
    case scales.dotnet:
      return value >= 0 && value <= 5 ? Math.floor(value) + 1 : 0;
    case scales.monolog:
      return value < 200 ? 2 : value < 300 ? 3 : value < 400 ? 4 : value < 500 ? 5 : 6;
    case scales.nxlog:
      return value >= 1 && value <= 5 ? Math.floor(value) + 1 : 0;
    case scales.zap:
      return value < 0 ? 2 : value > 3 ? 6 : Math.floor(value) + 3;
    case julScale:
      return value >= 1000 ? 5 : value >= 900 ? 4 : value >= 800 ? 3 : value >= 500 ? 2 : 1;
    case log4jScale:
      // 5000 is trace, 10000 to 50000 debug to fatal.
      return value < 10_000 ? 1 : clamp(Math.floor(value / 10_000) + 1);
    default:
      return 0;
  }
}

const julScale = 101;
const log4jScale = 102;

/** What only one scale can mean is that; what several can mean is what the source has shown, else the usual one. */
function guessed(value: number, shown: number): number {
  if (value >= 5000) return log4jScale;
  if (value >= 700) return julScale;
  if (value >= 100) return scales.monolog;
  if (value < 0) return shown === scales.zap ? scales.zap : scales.slog;
  if (value > 24) return scales.pino;
  if (value === 8) return scales.slog;
  // 9, 13, 17, 21 are OpenTelemetry's info, warn, error, fatal; 10 and 20 may be pino's trace and debug.
  if (value > 8 && value % 5 !== 0 && value !== 12) return scales.otel;
  if (shown !== scales.guess) return shown;
  if (value < 8) return scales.syslog;
  return value % 5 === 0 ? scales.pino : scales.slog;
}
