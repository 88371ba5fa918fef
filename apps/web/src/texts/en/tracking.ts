// Texts of annotation actions and runs.
import { count, duration, rate } from '../format.ts';

export const actionDialog = {
  title: 'Run annotation action',
  one: (kind: string, name: string) => `1 object: ${kind} "${name}"`,
  several: (objects: number, kinds: string) => `${count(objects, 'object')} (${kinds})`,
  allVisible: (objects: number, kinds: string) =>
    `All visible suitable objects on this frame: ${objects}${kinds === '' ? '' : ` (${kinds})`}`,
  change: 'Change selection',
  leftOut: (objects: number) => `${count(objects, 'object')} left out`,
  select: 'Select action',
  noActions: 'No action is available',
  tracker: (name: string) => `AI Tracker: ${name}`,
  trackers: 'Trackers',
  others: 'On this page',
  remove: 'Remove filtered shapes',
  propagate: 'Propagate shapes',
  simplify: 'Simplify with an error bound',
  thin: 'Thin keyframes of tracks',
  target: 'Target frame',
  targetOf: (first: number, last: number) => `of ${first}…${last}`,
  forward: 'Forward',
  backward: 'Backward',
  direction: 'Direction',
  barrier: (frame: number) => `Stops before frame ${frame}, which a person edited`,
  pastBarrier: 'Go past it',
  convert: 'Convert polygon shapes to tracks',
  convertHint: 'On: one track per object. Off: one shape per frame, joined by a group.',
  frames: 'Specify frames to apply the action',
  from: 'Starting from frame',
  upTo: 'up to frame',
  presets: 'Or choose one of predefined options',
  presetNames: { current: 'Current frame', all: 'All frames', from: 'From current', upTo: 'Up to current' },
  selectedRange: 'Selected range',
  leastIou: 'Least IoU with the shape before',
  willRemove: (shapes: number) => `${count(shapes, 'shape')} will be removed`,
  willAdd: (shapes: number) => `${count(shapes, 'shape')} will be added`,
  points: (objects: number, before: number, after: number) =>
    `${count(objects, 'polygon')}, ${before.toLocaleString('en')} → ${after.toLocaleString('en')} points`,
  run: 'Run',
  saving: 'Saving…',
  starting: 'Starting…',
  background: 'Run in the background',
  goesOn: 'The run goes on; see Runs.',
  alreadyFollowed: (run: string) => `Already followed by run ${run}`,
  doneMayClose: 'Done. You may close this window.',
  estimate: (frames: number, seconds: number | undefined, perSecond: number | undefined, ahead: number) =>
    [
      count(frames, 'frame'),
      seconds === undefined
        ? 'No run was measured yet; the first frames will tell.'
        : `about ${duration(seconds)}${perSecond === undefined ? '' : ` at ${rate(perSecond)} frames/s`}`,
      `${count(ahead, 'run')} ahead`,
    ].join(' · '),
  agents: (model: string, agents: number, seen: string, state: string) =>
    [model, count(agents, 'agent'), seen, state].filter((part) => part !== '').join(' · '),
  noAgent: (name: string) => `No agent serves ${name} now. The run will wait; start one with`,
  agentCommand: (id: number) => `roto function run-agent ${id}`,
  copyCommand: 'Copy the command',
};

export const runs = {
  title: 'Runs',
  none: 'No run yet. Select an object and press Ctrl+E.',
  badge: (running: number) => `${running} running`,
  state: {
    queued: 'Waits for an agent',
    running: 'Running',
    finished: 'Finished',
    cancelled: 'Cancelled',
    failed: 'Failed',
  },
  ahead: (runs: number) => `Waits for an agent: ${count(runs, 'run')} ahead`,
  noAgent: (name: string) => `Waits: no agent serves ${name}`,
  running: (frame: number, target: number, perSecond: number | undefined, left: number | undefined) =>
    [
      `Frame ${frame} of ${target}`,
      perSecond === undefined ? '' : `${rate(perSecond)} frames/s`,
      left === undefined ? '' : `${duration(left)} left`,
    ]
      .filter((part) => part !== '')
      .join(' · '),
  cancelled: (frame: number) => `Cancelled; frames up to ${frame} are kept.`,
  barrier: (name: string, frame: number) => `${name} stopped before frame ${frame}, which a person edited`,
  gone: (name: string) => `${name} was deleted meanwhile`,
  lost: (name: string, frame: number) => `${name} was lost at frame ${frame}`,
  continueTo: (frame: number) => `Continue to ${frame}`,
  continuePast: (frame: number) => `Continue past ${frame}…`,
  undo: 'Undo this run',
  cancel: 'Cancel',
  forget: 'Remove from list',
  show: 'Show',
  follow: 'Follow',
  followHint: 'The view goes along with the run',
  range: (from: number, to: number) => `${from} → ${to}`,
  progress: (percent: number) => `${percent} %`,
  changedSince: (names: string) => `Changed since by a person: ${names}.`,
  undoForced: 'Undo there too',
  undone: (objects: number) => `The run was undone on ${count(objects, 'object')}.`,
  pageTitle: (percent: number, job: number) => `(${percent} %) job ${job}`,
};
