/** Data of server-sent events; those of a job are in job-events.ts, those of a run in runs.ts. */
import type { Static } from 'typebox';
import * as Type from 'typebox';
import { RequestCategory } from './queue.ts';

/** Event `newrequest` of a queue. */
export const NewRequestEvent = Type.Object(
  { request_category: RequestCategory },
  { title: 'NewRequestEvent', description: 'The queue has a new request of this category.' },
);
export type NewRequestEvent = Static<typeof NewRequestEvent>;
