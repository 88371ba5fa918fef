export { TIMING, type Timing } from './loop/backoff.ts';
export { type AgentOptions, inspectFunction, runAgent } from './run.ts';
