import { ApiError } from '../api/http.ts';
import { functions, jobs, type RunAsked, runs } from '../api/server.ts';
import type { Run, TrackerFunction } from '../api/types.ts';
import type { FrameNumber, Uid } from '../document/records.ts';
import type { JobSession } from '../sync/session.ts';
import { AWAY_MS } from './plan.ts';

export type StartOptions = {
  readonly session: JobSession;
  readonly job: number;
  readonly function: number;
  readonly start: FrameNumber;
  readonly target: FrameNumber;
  readonly uids: readonly Uid[];
  readonly convert: boolean;
};

export type Started =
  | { readonly kind: 'started'; readonly run: Run }
  /** The objects could not be saved. */
  | { readonly kind: 'not-saved' }
  /** Another run follows one of them. */
  | { readonly kind: 'busy'; readonly run: string; readonly words: string }
  | { readonly kind: 'refused'; readonly words: string; readonly fields: Readonly<Record<string, string>> };

/** Saves what is not saved, then starts a run of the objects. @throws NoAnswer */
export async function startRun({
  session,
  job,
  start,
  target,
  uids,
  convert,
  ...asked
}: StartOptions): Promise<Started> {
  await session.flush();
  const objects = uids.flatMap((uid) => session.document.identity(uid)?.id ?? []);
  const isUnsaved = uids.some((uid) => isChanged(session, uid));
  if (objects.length < uids.length || isUnsaved) return { kind: 'not-saved' };
  const body: RunAsked = {
    function: asked.function,
    job,
    start_frame: start,
    target_frame: target,
    objects: objects.map((id) => ({ id })),
    options: { convert_polygons_to_tracks: convert },
  };
  try {
    const run = await runs.start(body);
    session.adopt(run, uids);
    return { kind: 'started', run };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { run } = (error.body ?? {}) as { run?: string };
    if (error.status === 409 && run !== undefined) return { kind: 'busy', run, words: error.message };
    return { kind: 'refused', words: error.message, fields: error.fields };
  }
}

function isChanged({ document }: JobSession, uid: Uid): boolean {
  return document.state.pending.some(({ edits }) =>
    edits.some((edit) => ('uid' in edit ? edit.uid === uid : 'object' in edit && edit.object.uid === uid)),
  );
}

export type Undone =
  | { readonly kind: 'done'; readonly changes: number }
  /** Others changed these since; `force` reverts there too. */
  | { readonly kind: 'changed'; readonly objects: readonly number[] };

/**
 * Takes back what a run wrote; what somebody changed after it stays, unless `force` says otherwise.
 * @throws ApiError, NoAnswer
 */
export async function undoRun(job: number, run: string, force = false): Promise<Undone> {
  if (force) {
    const changes = await changesOf(job, run);
    for (const { id } of changes) await jobs.revert(job, id, true);
    return { kind: 'done', changes: changes.length };
  }
  const { objects } = await runs.revert(run);
  const kept = objects.filter((each) => each.action === 'kept' || each.kept.length > 0);
  if (kept.length > 0) return { kind: 'changed', objects: kept.map(({ id }) => id) };
  return { kind: 'done', changes: objects.length };
}

async function changesOf(job: number, run: string) {
  const found = [];
  for (let page = 1; ; page++) {
    const { results, next } = await jobs.history(job, { page, page_size: 500 });
    found.push(...results.filter((each) => each.run === run));
    if (next === null) return found;
  }
}

/** A function with what is known of its agents. */
export type Tracker = TrackerFunction & {
  readonly queued: number;
  readonly agents: readonly Agent[];
};
export type Agent = { readonly id: string; readonly seen: Date; readonly requests: number };

export async function readTrackers(signal?: AbortSignal): Promise<readonly Tracker[]> {
  const found = await functions.trackers(signal);
  return Promise.all(
    found.map(async (each) => {
      const { queued, results } = await functions.agents(each.id, signal);
      const agents = results.map(({ agent_id, last_seen, requests }) => ({
        id: agent_id,
        seen: new Date(last_seen),
        requests,
      }));
      return { ...each, queued, agents };
    }),
  );
}

/** Agents that are there; with nothing to do they ask every ten minutes. */
export function present({ agents }: Tracker, now = Date.now()): readonly Agent[] {
  return agents.filter(({ seen }) => now - seen.getTime() < AWAY_MS);
}
