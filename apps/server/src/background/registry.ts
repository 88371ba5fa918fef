import type { RequestHandlers } from './handlers.ts';
import { REMOVAL } from './queue.ts';

/** Everything that the server does in the background. Each noun brings its handlers. */
export const REQUEST_HANDLERS: RequestHandlers = {
  [REMOVAL]: {
    async run({ store }, request) {
      await store.remove(String(request.params.keyOrPrefix));
      return undefined;
    },
  },
};
