export type Lock = {
  /** Whether this tab may edit. */
  readonly held: boolean;
  /** Asks the tab that edits to let go, and takes over. */
  take(): Promise<void>;
  close(): void;
};

type Handlers = {
  /** Another tab wants to edit: save what there is. The lock goes over when this is done. */
  release(): Promise<void>;
};

/** How long the tab that edits may take to save before the lock is taken from it. */
const PATIENCE_MS = 3_000;

/**
 * Makes one tab of this browser the one that edits a job. Without Web Locks, on a plain http address, every tab may: the
 * server joins what they do, and conflicts are shown.
 */
export async function holdJob(job: number, { release }: Handlers): Promise<Lock> {
  const name = `roto-job-${job}`;
  if (!('locks' in navigator)) return { held: true, take: async () => undefined, close: () => undefined };
  const channel = new BroadcastChannel(name);
  const closing = new AbortController();
  let letGo: (() => void) | undefined;

  channel.onmessage = ({ data }) => {
    if (data !== 'wanted' || !letGo) return;
    const free = letGo;
    void release().finally(free);
  };

  /** Resolves once it is known whether the lock is ours; it is kept until `letGo`. */
  const request = (options: LockOptions): Promise<boolean> =>
    new Promise((resolve) => {
      navigator.locks
        .request(name, options, async (lock) => {
          if (!lock) return resolve(false);
          const kept = Promise.withResolvers<void>();
          letGo = () => {
            letGo = undefined;
            kept.resolve();
          };
          closing.signal.addEventListener('abort', () => letGo?.(), { once: true });
          resolve(true);
          await kept.promise;
        })
        // Taken from us by a tab that waited long enough.
        .catch(() => {
          letGo = undefined;
          void release();
          resolve(false);
        });
    });

  let held = await request({ ifAvailable: true });
  return {
    get held() {
      return held;
    },
    async take() {
      if (held && letGo) return;
      channel.postMessage('wanted');
      const waited = new Promise<false>((resolve) => setTimeout(() => resolve(false), PATIENCE_MS));
      held = (await Promise.race([request({}), waited])) || (await request({ steal: true }));
    },
    close() {
      closing.abort();
      channel.close();
    },
  };
}
