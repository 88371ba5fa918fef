import { ApiError, ClientError } from '@roto/client';
import { BadFunctionError, BadRequestError, WorkerCrashedError } from '@roto/functions';

/**
 * What the server, and so whoever uses the function, is told of a failure: only what is foreseen. Anything else might hold
 * details of this machine.
 */
export function toldError(error: unknown): { readonly text: string; readonly permanent: boolean } {
  if (error instanceof BadFunctionError)
    return { text: `Underlying function returned incorrect result: ${error.message}`, permanent: true };
  if (error instanceof BadRequestError)
    return { text: `Invalid annotation request: ${error.message}`, permanent: true };
  if (error instanceof WorkerCrashedError) return { text: 'Worker process crashed', permanent: false };
  if (error instanceof ApiError) return { text: `Received HTTP status ${error.status}`, permanent: false };
  if (error instanceof ClientError && (error.code === 'connection' || error.code === 'transfer'))
    return { text: 'Failed to make an HTTP request', permanent: false };
  if (error instanceof ClientError) return { text: 'Failed an API call', permanent: false };
  return { text: 'Unknown error', permanent: false };
}
