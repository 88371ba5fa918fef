import {
  type AcquireBody,
  AnyAcquireAnswer,
  type AnyAssignment,
  type Capabilities,
  checked,
  FramesAnswer,
  type FramesBody,
  type RequestCategory,
} from '@roto/wire';
import { api, type Http, readBody } from './http.ts';

/** Who says that it has a request; without a fence on servers that give none. */
export type Holder = { readonly agent_id: string; readonly fence?: number | undefined };

/** A function's queue, from an agent's side. */
export type Queue = {
  acquire(
    agentId: string,
    category: RequestCategory,
    more?: { capabilities?: Capabilities; holding?: readonly string[]; signal?: AbortSignal | undefined },
  ): Promise<AnyAssignment | null>;
  /** Our server answers for whole ranges what to do next; others answer nothing. */
  update(
    id: string,
    holder: Holder,
    progress: number | undefined,
    signal?: AbortSignal,
  ): Promise<FramesAnswer | undefined>;
  complete(id: string, holder: Holder, result: object, signal?: AbortSignal): Promise<void>;
  fail(id: string, holder: Holder, error: string, permanent?: boolean, signal?: AbortSignal): Promise<void>;
  frames(id: string, body: FramesBody, signal?: AbortSignal): Promise<FramesAnswer>;
  /** The stream of notices; its body never ends by itself. */
  watch(signal: AbortSignal): Promise<Response>;
};

export function queueCalls(http: Http, functionId: number): Queue {
  const queue = `function:${functionId}`;
  const request = (id: string, verb: string) => api`/api/functions/queues/${queue}/requests/${id}/` + verb;
  const holderOf = ({ agent_id, fence }: Holder) => ({ agent_id, ...(fence !== undefined && { fence }) });
  return {
    async acquire(agent_id, request_category, { capabilities, holding, signal } = {}) {
      const json: AcquireBody = {
        agent_id,
        request_category,
        ...(capabilities && { capabilities }),
        ...(holding && { holding: [...holding] }),
      };
      const path = api`/api/functions/queues/${queue}/requests/acquire`;
      const { ar_assignment } = await http.json('POST', path, AnyAcquireAnswer, { json, signal });
      return ar_assignment;
    },
    async update(id, holder, progress, signal) {
      const json = { ...holderOf(holder), ...(progress !== undefined && { progress }) };
      const answer = await http.send('POST', request(id, 'update'), { json, signal, idempotent: true });
      const body = await readBody(answer);
      return body === undefined || body === '' ? undefined : checked(FramesAnswer, body, 'The answer to update');
    },
    complete: (id, holder, result, signal) =>
      http.done('POST', request(id, 'complete'), { json: { ...result, ...holderOf(holder) }, signal }),
    fail: (id, holder, error, permanent = false, signal) =>
      http.done('POST', request(id, 'fail'), {
        json: { ...holderOf(holder), exc_info: error.slice(0, 4096), ...(permanent && { permanent }) },
        signal,
      }),
    frames: (id, json, signal) => http.json('POST', request(id, 'frames'), FramesAnswer, { json, signal }),
    watch: (signal) =>
      http.send('GET', api`/api/functions/queues/${queue}/watch`, {
        headers: { Accept: '*/*', 'Accept-Encoding': 'identity' },
        signal,
        timeoutMs: 60_000,
      }),
  };
}
