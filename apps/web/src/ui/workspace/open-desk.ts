// Opens a job: asks for the first picture before anything else, reads the rest beside it, and puts the desk together.
import { wordsOf } from '../../api/http.ts';
import { jobs, tasks } from '../../api/server.ts';
import { Clipboard } from '../../commands/clipboard.ts';
import type { Notice } from '../../commands/desk.ts';
import { toFrame } from '../../document/records.ts';
import { KeyEngine, Keymap, readCaps } from '../../keys/index.ts';
import { showExactPixels } from '../../player/exact-pixels.ts';
import { Navigator } from '../../player/navigator.ts';
import { Playback } from '../../player/playback.ts';
import { openSession } from '../../sync/session.ts';
import type { ReadOnly } from '../../sync/state.ts';
import { t } from '../../texts/en.ts';
import { createMeter } from '../../tracking/progress.ts';
import { Labels, Numbers } from '../../view/labels.ts';
import type { SettingsStore } from '../../view/settings.ts';
import { createView } from '../../view/view.ts';
import { Toasts } from '../toasts/toasts.ts';
import { CanvasHandle } from './canvas-handle.ts';
import { jobActions } from './job-actions.ts';
import { createMenuHost } from './menu-host.ts';
import { openFrames, sharpen } from './open-frames.ts';
import { watchSession } from './watch-session.ts';
import type { JobFacts, WorkspaceDesk } from './workspace-desk.ts';

export interface OpenOptions {
  job: number;
  user: number;
  settings: SettingsStore;
  /** The frame that a link names. */
  frame: number | undefined;
  /** Id of the object that a link names. */
  object: number | undefined;
  /** Says what is being waited for. */
  onStep: (words: string) => void;
  /** Leaves the workspace for another page. */
  navigate: (path: string) => void;
}

/** @throws ApiError, NoAnswer when the job cannot be read */
export async function openDesk(options: OpenOptions): Promise<WorkspaceDesk> {
  const { job: id, settings } = options;
  options.onStep(t.states.opening);
  const [job, meta] = await Promise.all([jobs.get(id), jobs.meta(id)]);
  const first = toFrame(job.start_frame);
  const last = toFrame(job.stop_frame);
  const start = toFrame(Math.min(last, Math.max(first, options.frame ?? first)));

  const source = openFrames(job, meta);
  // Its own request, before the annotations: the picture is what people wait for.
  source.get(start).catch(() => {});

  options.onStep(t.states.readingAnnotations);
  const [task, labelList, session, caps] = await Promise.all([
    tasks.get(job.task_id),
    tasks.labels(job.task_id),
    openSession({
      job: id,
      user: options.user,
      deletedFrames: meta.deleted_frames,
      readOnly: job.state === 'completed' ? 'done' : undefined,
    }),
    readCaps(),
  ]);
  const labels = new Labels(labelList);
  const numbers = new Numbers();
  // By the server's ids, so that an object has the same number at the next visit.
  const { identities } = session.document.state;
  for (const [uid] of [...identities].sort(([, a], [, b]) => a.id - b.id)) numbers.of(uid);

  const remembered = settings.getState().labels[String(job.task_id)];
  const label = labels.get(remembered ?? -1)?.id ?? labelList[0]?.id ?? 0;
  const view = createView(start, label);
  view.setState(({ options: tool }) => ({ options: { ...tool, label, color: labels.color(label) } }));
  const isSkipped = (frame: number): boolean =>
    settings.getState().skipDeleted && session.document.state.document.deletedFrames.has(toFrame(frame));
  const navigator = new Navigator({ source, view, isSkipped });
  const toasts = new Toasts();
  const isMac = /Mac|iPhone|iPad/.test(globalThis.navigator.platform);
  const keys = new KeyEngine({
    keymap: new Keymap(settings.getState().keys),
    mac: isMac,
    onChord: (stroke) => view.setState({ chord: stroke }),
  });
  const facts: JobFacts = {
    id,
    taskId: job.task_id,
    taskName: task.name,
    state: job.state,
    stage: job.stage,
    kind: meta.roto?.original.kind ?? (job.mode === 'interpolation' ? 'video' : 'images'),
    frameName: (frame) => meta.frames[frame - first]?.name ?? '',
  };
  const size = { width: meta.frames[0]?.width ?? 1, height: meta.frames[0]?.height ?? 1 };
  const playback = new Playback({
    source,
    navigator,
    view,
    isSkipped,
    speed: () => settings.getState().speed,
    everyFrame: () => settings.getState().everyFrame,
  });
  const base = {
    store: session.document,
    view,
    settings,
    labels,
    numbers,
    first,
    last,
    size,
    readOnly: () => readOnlyText(session.state.getState().readOnly),
    notify: (notice: Notice) => toasts.notify(notice),
    goTo: (frame: number) => {
      playback.pause();
      void navigator.go(frame);
    },
    job: facts,
    user: options.user,
    session,
    source,
    navigator,
    playback,
    keys,
    clipboard: new Clipboard(),
    toasts,
    canvas: new CanvasHandle(() =>
      view.setState(({ options: tool }) => ({
        options: { ...tool, interactor: { ...tool.interactor, blocked: !tool.interactor.blocked } },
      })),
    ),
    meter: createMeter(),
    save: async () => {
      await session.flush().catch((error: unknown) => toasts.notify({ kind: 'error', text: wordsOf(error) }));
    },
    isMac,
    caps,
    close: () => {
      for (const off of offs) off();
      playback.pause();
      navigator.close();
      source.close();
      session.close();
    },
  };
  const offs = [watchSession(base), showExactPixels(view, source)];
  const desk: WorkspaceDesk = {
    ...base,
    menuHost: createMenuHost(base),
    jobActions: () => jobActions(base, options.navigate),
  };
  const named = options.object === undefined ? undefined : session.document.uidOf(options.object);
  if (named !== undefined) view.setState({ selection: [named] });
  void navigator
    .go(start)
    .then(() => sharpen(job, meta, source, size))
    .catch(wordsOf)
    .then((noVideo) => view.setState({ noVideo, hasVideo: noVideo === undefined }));
  return desk;
}

export function readOnlyText(reason: ReadOnly | undefined): string | undefined {
  return reason === undefined ? undefined : t.readOnly[reason];
}
