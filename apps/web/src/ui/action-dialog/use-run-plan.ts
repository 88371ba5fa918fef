import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { runs } from '../../api/server.ts';
import { type FrameNumber, toFrame, type Uid } from '../../document/records.ts';
import { type Problem, problemOf, proposedTarget } from '../../tracking/plan.ts';
import type { Tracker } from '../../tracking/runs.ts';
import { type Candidate, candidates, nearestBarrier } from '../../tracking/suitable.ts';
import { useDesk, useDocument, useView } from '../workspace/use-desk.ts';

export interface RunPlan {
  readonly start: FrameNumber;
  readonly target: FrameNumber;
  readonly setTarget: (frame: number) => void;
  /** Frame that a person wrote, before which the run would stop. */
  readonly barrier: number | undefined;
  readonly all: readonly Candidate[];
  /** Those that the run is about: suitable, and not unticked. */
  readonly picked: readonly Candidate[];
  readonly untick: (uid: Uid, out: boolean) => void;
  readonly problem: Problem | undefined;
  readonly estimate: { frames: number; seconds: number | undefined; rate: number | undefined } | undefined;
}

/** What a run of a tracker would be about; everything of the dialog follows from it. */
export function useRunPlan(tracker: Tracker | undefined, saveProblem: string | undefined): RunPlan {
  const desk = useDesk();
  const start = useView((view) => view.frame);
  const selection = useView((view) => view.selection);
  const target = useView((view) => view.target) ?? start;
  const document = useDocument((state) => state.document);
  const runList = useStore(desk.session.state, (state) => state.runs);
  const [out, setOut] = useState<ReadonlySet<Uid>>(new Set());

  const all = useMemo(
    () =>
      candidates({
        shown: desk.store.visible(start),
        selection,
        kinds: tracker?.supported_shape_types ?? ['polygon', 'mask', 'rectangle'],
        runs: runList,
        idOf: (uid) => desk.store.identity(uid)?.id,
        isHidden: (record) => record.hidden,
        recordOf: (uid) => document.objects.get(uid),
      }),
    [desk, start, selection, tracker, runList, document],
  );
  const picked = all.filter(({ uid, reason }) => reason === undefined && !out.has(uid));
  const records = picked.map(({ record }) => record);
  const frames = { first: desk.first, last: desk.last, deleted: document.deletedFrames };

  // A new start or other objects get a new proposal.
  const pickedKey = picked.map(({ uid }) => uid).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the records are those of the key
  useEffect(() => {
    const { runDistance } = desk.settings.getState();
    desk.view.setState({ target: proposedTarget(start, frames, records, runDistance) });
    return () => desk.view.setState({ target: undefined });
  }, [desk, start, pickedKey]);

  const estimate = useEstimate(tracker, start, target, picked.length);
  return {
    start,
    target,
    setTarget: (frame) => desk.view.setState({ target: toFrame(Math.max(desk.first, Math.min(desk.last, frame))) }),
    barrier: nearestBarrier(records, start, target < start),
    all,
    picked,
    untick: (uid, isOut) =>
      setOut((now) => {
        const next = new Set(now);
        if (isOut) next.add(uid);
        else next.delete(uid);
        return next;
      }),
    problem: problemOf({
      function: tracker?.id,
      start,
      target,
      candidates: all.filter(({ uid }) => !out.has(uid)),
      frames,
      readOnly: desk.readOnly(),
      saveProblem,
    }),
    estimate,
  };
}

/** Asked 300 ms after the last change. */
function useEstimate(tracker: Tracker | undefined, start: number, target: number, objects: number) {
  const desk = useDesk();
  const asked = useDelayed(
    tracker && target !== start && objects > 0 ? `${tracker.id} ${start} ${target} ${objects}` : undefined,
    300,
  );
  const { data } = useQuery({
    queryKey: ['estimate', desk.job.id, asked],
    enabled: asked !== undefined,
    queryFn: ({ signal }) => {
      const [fn, from, to, count] = (asked ?? '').split(' ').map(Number);
      return runs.estimate(
        { function: fn!, job: desk.job.id, start_frame: from!, target_frame: to!, objects: count! },
        signal,
      );
    },
  });
  if (asked === undefined || !data) return undefined;
  return { frames: data.frames, seconds: data.seconds ?? undefined, rate: data.frames_per_second ?? undefined };
}

function useDelayed<T>(value: T, ms: number): T {
  const [delayed, setDelayed] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setDelayed(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return delayed;
}
