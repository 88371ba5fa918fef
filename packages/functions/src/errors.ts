/** The agent cannot start or go on; the process ends with exit code 1 (CVAT's "critical" errors). */
export class AgentError extends Error {
  readonly code = 'agent';
  override readonly name = 'AgentError';
}

/** What is asked cannot be done, whoever tries. Told to the server as "Invalid annotation request: …". */
export class BadRequestError extends Error {
  readonly code = 'bad-request';
  override readonly name = 'BadRequestError';
}

/** The function gave what it must not give. Told as "Underlying function returned incorrect result: …". */
export class BadFunctionError extends Error {
  readonly code = 'bad-function';
  override readonly name = 'BadFunctionError';
}

/** The process in which the function runs ended. Told as "Worker process crashed". */
export class WorkerCrashedError extends Error {
  readonly code = 'worker-crashed';
  override readonly name = 'WorkerCrashedError';
}
