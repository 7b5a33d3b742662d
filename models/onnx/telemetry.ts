/**
 * To be imported before the runtime: from 1.30 on, its Linux libraries also send telemetry (a device id kept below
 * `~/.cache/Microsoft`, events by HTTPS) unless this is set when they are loaded.
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
