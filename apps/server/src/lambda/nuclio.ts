import { askJson, CALL_MS, type LambdaEndpoint, LambdaError } from './endpoint.ts';

export type NuclioOptions = {
  /** Of the dashboard, such as http://nuclio:8070. */
  readonly url: string;
  readonly namespace: string;
  /** dashboard: calls go through it, as in a cluster. direct: to the port of the function on this machine. */
  readonly invoke: 'dashboard' | 'direct';
};

/** Functions of a Nuclio dashboard, asked as CVAT asks them. */
export function nuclioEndpoint({ url, namespace, invoke }: NuclioOptions): LambdaEndpoint {
  const base = url.replace(/\/$/, '');
  const headers = {
    'x-nuclio-project-name': 'cvat',
    'x-nuclio-function-namespace': namespace,
    'x-nuclio-invoke-via': 'domain-name',
    'x-nuclio-invoke-timeout': `${CALL_MS / 1000}s`,
  };
  const ports = new Map<string, number>();
  return {
    async entries(signal) {
      const answer = await askJson(`${base}/api/functions`, { headers }, 'The Nuclio dashboard', signal);
      if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
        throw new LambdaError(502, 'The Nuclio dashboard answered with something other than an object of functions.');
      for (const [id, entry] of Object.entries(answer)) {
        const port = Number((entry as { status?: { httpPort?: unknown } } | null)?.status?.httpPort);
        if (port > 0) ports.set(id, port);
      }
      return new Map(Object.entries(answer));
    },
    call(id, payload, signal) {
      const body = JSON.stringify(payload);
      const json = { 'content-type': 'application/json' };
      const port = ports.get(id);
      if (invoke === 'direct' && port !== undefined)
        return askJson(
          `http://${new URL(base).hostname}:${port}/`,
          { method: 'POST', headers: json, body },
          `Function ${id}`,
          signal,
        );
      const all = { ...headers, ...json, 'x-nuclio-function-name': id, 'x-nuclio-path': '/' };
      return askJson(
        `${base}/api/function_invocations`,
        { method: 'POST', headers: all, body },
        `Function ${id}`,
        signal,
      );
    },
  };
}
