import { EXPORT_ANNOTATIONS, EXPORT_DATASET, exportAnnotations } from './annotations/transfer/export.ts';
import { IMPORT_ANNOTATIONS, importAnnotations } from './annotations/transfer/import.ts';
import type { RequestHandlers } from './background/handlers.ts';
import { REMOVAL } from './background/queue.ts';
import { CREATE_TASK } from './media/attach.ts';
import { importMedia } from './media/import.ts';
import { findCuts } from './media/scene-cuts.ts';
import { FIND_CUTS } from './media/scene-cuts-request.ts';

/** Everything that the server does in the background. Each noun brings its handlers. */
export const REQUEST_HANDLERS: RequestHandlers = {
  [CREATE_TASK]: importMedia,
  [EXPORT_ANNOTATIONS]: exportAnnotations,
  [EXPORT_DATASET]: exportAnnotations,
  [IMPORT_ANNOTATIONS]: importAnnotations,
  [REMOVAL]: {
    maxCrashes: 4,
    async run({ store }, request) {
      await store.remove(String(request.params.keyOrPrefix));
      return undefined;
    },
  },
};

/** What may take minutes and nobody waits for; the rest does not stand behind it. */
export const SLOW_REQUEST_HANDLERS: RequestHandlers = { [FIND_CUTS]: findCuts };
