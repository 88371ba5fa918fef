// Texts of the pages around the workspace.
import { count } from '../format.ts';

const date = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

export const pages = {
  product: 'Roto',
  tasks: 'Tasks',
  main: 'Main',
  skip: 'Skip to content',
  account: 'Account',
  signOut: 'Sign out',
  status: 'Runs and agents',
  api: 'API document',
  loading: 'Loading…',
  notFound: 'There is no page here',
  toTasks: 'To the tasks',
  failed: 'This could not be loaded',
  theme: 'Theme',
  date: (value: string) => date.format(new Date(value)),
};

export const signIn = {
  title: 'Sign in',
  name: 'User name or e-mail',
  password: 'Password',
  show: 'Show',
  hide: 'Hide',
  submit: 'Sign in',
  first: 'First time here? Open the sign-in link that the server printed when it started. A restart prints a new one.',
  wait: (seconds: number) => `Wait ${count(seconds, 'second')}`,
};

export const passwordForm = {
  title: 'Set a password',
  why: 'You came by a link that works once. Set a password to sign in with next time.',
  next: 'New password, 8 characters or more',
  again: 'Once more',
  submit: 'Set password',
  done: 'The password is set.',
  later: 'Later',
  different: 'The two are not the same.',
  short: 'It needs 8 characters or more.',
};

export const taskList = {
  create: 'New task',
  search: 'Search tasks',
  none: 'No tasks yet',
  noneHint: 'Make one from a video, or from images of one size.',
  noneFound: (words: string) => `No task is called like “${words}”`,
  columns: { name: 'Name', media: 'Media', jobs: 'Jobs', owner: 'Owner', updated: 'Updated' },
  open: 'Open',
  media: (mode: string, frames: number) =>
    frames === 0 ? 'no media yet' : `${mode === 'interpolation' ? 'video' : 'images'}, ${count(frames, 'frame')}`,
  jobs: (done: number, all: number) => (all === 0 ? '–' : `${done} of ${all} done`),
  previous: 'Previous page',
  next: 'Next page',
  page: (page: number, pages: number) => `Page ${page} of ${pages}`,
};

export const start = {
  title: 'Opening the sample…',
  hint: 'The server renders a short clip on its first start. This takes a few seconds.',
};

export const task = {
  jobs: 'Jobs',
  labels: 'Labels',
  open: (job: number) => `Open job ${job}`,
  range: (first: number, last: number) => `frames ${first} to ${last}`,
  columns: { job: 'Job', frames: 'Frames', stage: 'Stage', state: 'State', assignee: 'Assignee', updated: 'Updated' },
  nobody: 'nobody',
  facts: (mode: string, frames: number, width: number, height: number) =>
    `${mode === 'interpolation' ? 'Video' : 'Images'} · ${count(frames, 'frame')} · ${width} × ${height}`,
  noData: 'This task has no media. Delete it and make it again, with a file.',
  delete: 'Delete task',
  deleteSure: (name: string, frames: number) =>
    `Delete “${name}” with ${count(frames, 'frame')} and all annotations? This cannot be undone.`,
  preview: (name: string) => `First frame of ${name}`,
};

export const create = {
  title: 'New task',
  files: 'Files',
  drop: 'Drop a video here, or images of one size',
  choose: 'Choose files',
  chosen: (files: number, size: string) => `${count(files, 'file')}, ${size}`,
  change: 'Choose others',
  name: 'Name',
  labels: 'Labels',
  labelName: (place: number) => `Name of label ${place}`,
  labelColor: (place: number) => `Color of label ${place}`,
  addLabel: 'Add a label',
  removeLabel: (name: string) => `Remove label ${name}`,
  pasteHint: 'Several names at once: paste them, one a line.',
  advanced: 'Advanced',
  segment: 'Frames per job (empty: one job)',
  overlap: 'Frames that jobs share',
  firstFrame: 'First frame of the file',
  lastFrame: 'Last frame of the file (empty: to the end)',
  step: 'Every n-th frame',
  quality: 'Image quality, 1 to 100',
  submit: 'Create and open',
  again: 'Create and continue',
  cancel: 'Cancel',
  pause: 'Pause',
  resume: 'Resume',
  sending: (sent: string, total: string, rate: string, left: string) =>
    [`${sent} of ${total}`, rate, left].filter((part) => part !== '').join(' · '),
  perSecond: (size: string) => `${size}/s`,
  left: (time: string) => `${time} left`,
  paused: 'Paused',
  importing: (percent: number) => `The server reads the file: ${percent} %`,
  ready: (frames: number, width: number, height: number) => `Ready: ${count(frames, 'frame')}, ${width} × ${height}`,
  openJob: 'Open job',
  failed: 'The task could not be made',
  otherFile: 'Try another file',
  problems: {
    noFile: 'Choose a video or images first.',
    noName: 'Give the task a name.',
    noLabel: 'Give at least one label a name.',
    twice: (name: string) => `There are two labels “${name}”.`,
    mixed: 'A task has one video, or images only. Leave out the other files.',
    sizes: (other: number, all: number, width: number, height: number) =>
      `${other} of ${count(all, 'image')} are not ${width} × ${height} like the first. Tracking needs images of one size.`,
    overlap: 'Jobs cannot share as many frames as they have.',
    range: 'The last frame lies before the first.',
  },
};
