import { randomBytes } from 'node:crypto';
import { BadRequestError } from '../errors.ts';
import type { TrackingFunction } from '../functions/interface.ts';
import { STATE_LIFE_MS } from '../states/store.ts';

/** Turns states into bytes that leave the process, and back. */
export type StateKeeper = {
  readonly keepsBytes: boolean;
  keep(state: unknown): Uint8Array;
  /** Throws BadRequestError when there is no such state (any more). */
  find(content: Uint8Array): unknown;
  /** After `find` and a change. */
  keepAgain(content: Uint8Array, state: unknown): Uint8Array;
};

/**
 * For a function that writes its states as bytes, those. For any other the states stay here and the bytes are a name that
 * means something to this process alone: after a crash they are gone, as with CVAT's agent.
 */
export function createStateKeeper({ stateToBytes, stateFromBytes }: Partial<TrackingFunction>): StateKeeper {
  if (stateToBytes && stateFromBytes)
    return {
      keepsBytes: true,
      keep: (state) => stateToBytes(state),
      find(content) {
        try {
          return stateFromBytes(content);
        } catch (error) {
          throw new BadRequestError(`Tracking state cannot be used: ${(error as Error).message}`);
        }
      },
      keepAgain: (_content, state) => stateToBytes(state),
    };
  const states = new Map<string, { state: unknown; used: number }>();
  return {
    keepsBytes: false,
    keep(state) {
      const now = Date.now();
      for (const [name, { used }] of states) {
        if (used >= now - STATE_LIFE_MS) break;
        states.delete(name);
      }
      const name = randomBytes(24).toString('base64url');
      states.set(name, { state, used: now });
      return Buffer.from(name, 'latin1');
    },
    find(content) {
      const name = Buffer.from(content).toString('latin1');
      const found = states.get(name);
      if (!found) throw new BadRequestError('Tracking state not found - possibly expired');
      states.delete(name);
      states.set(name, { ...found, used: Date.now() });
      return found.state;
    },
    keepAgain: (content) => content,
  };
}
