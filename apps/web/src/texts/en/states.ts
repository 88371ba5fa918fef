// Texts of the states that a page may be in, of settings and of conflicts.
import { count } from '../format.ts';

export const states = {
  opening: 'Opening the job…',
  readingAnnotations: 'Reading annotations…',
  failed: (what: string) => `${what} could not be opened`,
  noLabels: 'This task has no labels: add some',
  partFailed: 'This part failed',
  reloadPart: 'Reload part',
  copyReport: 'Copy the report',
  tooSmall: 'This page is made for larger screens. Frames can be looked at.',
  frameDeleted: (frame: number) => `Frame ${frame} is deleted`,
  restore: 'Restore',
  takeUpAgain: 'Take up again',
  otherTab: 'Open in another tab',
  editHere: 'Edit here',
  restarting: 'The server is starting again',
  lowMemory: 'Memory is short: fewer frames are kept.',
};

/** Why nothing can be changed, after "Read only: ". */
export const readOnly = {
  'no-right': 'you may look, not change',
  done: 'the job is completed',
  'other-tab': 'open in another tab',
};

export const settings = {
  title: 'Settings',
  workspace: 'Workspace',
  playing: 'Player',
  look: 'Look',
  saving: 'Saving',
  theme: 'Theme',
  themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
  density: 'Density',
  densities: { normal: 'Normal', compact: 'Compact' },
  step: 'Large step, in frames',
  resetZoom: 'Fit the frame whenever it changes',
  skipDeleted: 'Pass over deleted frames',
  everyFrame: 'Play every frame, however long it takes',
  stayInTool: 'Stay in the tool after a figure',
  autosave: 'Save by itself',
  autosaveHint: 'Off: only Ctrl+S saves',
  pointRadius: 'Size of points',
  smooth: 'Smooth pixels when zoomed in',
};

export const conflicts = {
  title: 'Conflicts',
  intro: 'Others changed the same while you did. Everything else is saved.',
  by: (person: string, when: string) => `${person}, ${when}`,
  you: 'you, in another tab',
  tracker: 'a run',
  onFrames: (frames: string) => `on frames ${frames}`,
  deleted: 'deleted',
  keepMine: 'Keep mine',
  takeTheirs: 'Take theirs',
  keepBoth: 'Keep both',
  putBack: 'Put back',
  letGo: 'Let go',
  goThere: 'Go there',
  none: 'No conflicts.',
  decided: (objects: number) => `${count(objects, 'conflict')} decided.`,
};
