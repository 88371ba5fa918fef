import type { ServerResponse } from 'node:http';
import { HttpError } from './errors.ts';

/** Bodies that are smaller do not count: there may be any number of them. */
const FREE_BYTES = 1024 * 1024;

export type BodyShare = { add(bytes: number): void };

/**
 * Bytes of JSON bodies that are in memory at once, of all requests, and of one sender at most half. A body counts from its
 * first megabyte on, until its request is answered.
 */
export function createBodyBudget(most: number): { open(sender: string, response: ServerResponse): BodyShare } {
  let total = 0;
  const ofSender = new Map<string, number>();
  return {
    open(sender, response) {
      let length = 0;
      let counted = 0;
      const count = (bytes: number): void => {
        counted += bytes;
        total += bytes;
        const rest = (ofSender.get(sender) ?? 0) + bytes;
        if (rest > 0) ofSender.set(sender, rest);
        else ofSender.delete(sender);
      };
      response.once('close', () => count(-counted));
      return {
        add(bytes) {
          length += bytes;
          if (length <= FREE_BYTES) return;
          count(bytes);
          if (total > most || (ofSender.get(sender) ?? 0) > most / 2)
            throw new HttpError(
              503,
              { detail: 'Other large requests are in progress. Try again when they are done.' },
              { 'Retry-After': '5' },
            );
        },
      };
    },
  };
}
