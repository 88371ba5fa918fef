export { type FunctionConfig, readFunctionConfig } from './config.ts';
export { CallError, type CallErrorCode } from './errors.ts';
export { type FunctionRequest, type FunctionResponse, openFunction, type ServerlessFunction } from './function.ts';
export { type ServedFunction, type ServeOptions, serveFunction } from './http/serve.ts';
export { WorkerEndedError } from './http/worker.ts';
