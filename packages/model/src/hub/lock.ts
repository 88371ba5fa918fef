import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { makeFolder } from '../make-folder.ts';

/**
 * Runs `work` while no other process of ours holds the same name. huggingface_hub's own locks are flock(2), which Node
 * has not; its downloads go to files of their own and end in a rename, so both may fetch the same blob at once and lose
 * only time. A lock whose holder died is taken over after ten seconds. When the lock is lost (the machine slept, say),
 * `work` is aborted through its signal and begins again once the lock is free.
 */
export async function withLock<T>(
  name: string,
  signal: AbortSignal,
  waiting: () => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  await makeFolder(path.dirname(name));
  for (;;) {
    const lost = new AbortController();
    const release = await acquire(name, signal, waiting, lost);
    try {
      return await work(AbortSignal.any([signal, lost.signal]));
    } catch (error) {
      if (!lost.signal.aborted || signal.aborted) throw error;
    } finally {
      // A lock that was lost is not ours to release.
      if (!lost.signal.aborted) await release();
    }
  }
}

async function acquire(
  name: string,
  signal: AbortSignal,
  waiting: () => void,
  lost: AbortController,
): Promise<() => Promise<void>> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await lockfile.lock(name, {
        lockfilePath: `${name}.lock`,
        realpath: false,
        stale: 10_000,
        update: 2_000,
        onCompromised: (error) => lost.abort(error),
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      waiting();
      await sleep(200, undefined, { signal });
    }
  }
}
