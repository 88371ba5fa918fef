import { askJson, type LambdaEndpoint, LambdaError } from './endpoint.ts';

/** Functions at addresses of their own, such as those of `roto function serve`: `GET /spec` is the entry. */
export function addressEndpoint(addresses: Readonly<Record<string, string>>): LambdaEndpoint {
  const at = (id: string): string => {
    const url = addresses[id];
    if (url === undefined) throw new LambdaError(404, `There is no function ${id}.`);
    return url.replace(/\/$/, '');
  };
  return {
    async entries(signal) {
      const asked = await Promise.allSettled(
        Object.keys(addresses).map(
          async (id) => [id, await askJson(`${at(id)}/spec`, {}, `Function ${id}`, signal)] as const,
        ),
      );
      const found = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      const [failed] = asked.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
      // One that is away does not hide the others.
      if (failed && found.length === 0) throw failed;
      return new Map(found);
    },
    call: (id, payload, signal) =>
      askJson(
        `${at(id)}/`,
        {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/vnd.roto+json, application/json' },
          body: JSON.stringify(payload),
        },
        `Function ${id}`,
        signal,
      ),
  };
}
