import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Measurements of one process, in Prometheus' text form. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    calls: new Counter({
      name: 'roto_function_calls_total',
      help: 'Calls by kind and status.',
      labelNames: ['kind', 'status'],
      registers,
    }),
    seconds: new Histogram({
      name: 'roto_function_seconds',
      help: 'Seconds of a call by part: decode, encode, model, total.',
      labelNames: ['part'],
      buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
      registers,
    }),
    stateCache: new Counter({
      name: 'roto_function_state_cache_total',
      help: 'States that this process knew (hit), or read from the store (miss).',
      labelNames: ['result'],
      registers,
    }),
    storeBytes: new Counter({
      name: 'roto_function_store_bytes_total',
      help: 'Bytes of tracking states read from and written to the store.',
      labelNames: ['direction'],
      registers,
    }),
    states: new Gauge({
      name: 'roto_function_states',
      help: 'Tracking states in the store.',
      aggregator: 'max',
      registers,
    }),
    stateBytes: new Gauge({
      name: 'roto_function_state_bytes',
      help: 'Bytes of all tracking states.',
      aggregator: 'max',
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
