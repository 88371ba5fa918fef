// Texts of player, canvas and timeline, and what else stands around the frame.
import { count } from '../format.ts';

export const player = {
  bar: 'Player',
  first: 'First frame',
  last: 'Last frame',
  back: (step: number) => `Back ${step} frames`,
  forward: (step: number) => `Forward ${step} frames`,
  previous: 'Previous frame',
  next: 'Next frame',
  play: 'Play',
  pause: 'Pause',
  frame: 'Frame',
  of: (last: number) => `/ ${last}`,
  speed: 'Speed',
  speedText: (speed: number) => `${speed}×`,
  copyLink: 'Copy a link to this frame',
  linkCopied: 'Link to this frame copied',
  deleteFrame: 'Delete frame',
  restoreFrame: 'Restore frame',
  zoom: (percent: number) => `${percent} %`,
  resetZoom: 'Fit on every frame',
  keepZoom: 'Zoom is kept between frames',
  search: 'What ← and → look for',
  searches: { regular: 'Regular', filtered: 'Filtered', empty: 'Empty', suspicious: 'Suspicious' },
  original: 'original',
  preview: 'preview',
  fromVideo: 'decoded from the video',
  fromServer: 'pictures of the server',
  position: (frame: number, last: number, time: string) => `frame ${frame} of ${last}, ${time}`,
  nothingFound: 'No such frame in this direction.',
};

export const canvas = {
  name: 'Frame and objects',
  keysHelp: 'Letters start tools, arrows move between frames, F1 lists all keys.',
  loading: (frame: number) => `Frame ${frame}…`,
  failed: (frame: number) => `Frame ${frame} cannot be shown`,
  deleted: (frame: number) => `Frame ${frame} is deleted`,
  emptyHint: (key: string, tool: string) => `Draw with ${key}. ${tool} is chosen.`,
  skip: 'Skip to the canvas',
  object: (
    kind: string,
    name: string,
    [x, y, width, height]: readonly [number, number, number, number],
    presence: number | undefined,
    isSelected: boolean,
  ) =>
    [
      `${kind} ${name}`,
      `at ${x}, ${y}`,
      `${width} by ${height} px`,
      presence === undefined ? '' : `tracker, presence ${presence.toFixed(2)}`,
      isSelected ? 'selected' : '',
    ]
      .filter((part) => part !== '')
      .join(', '),
};

export const timeline = {
  region: 'Timeline',
  playhead: 'Playhead',
  target: 'Target frame',
  shapesOf: (label: string) => `${label}: shapes`,
  unsure: (name: string, spans: number) => `${name}: the model was unsure in ${count(spans, 'place')}`,
  empty: 'Tracks appear here.',
  resize: 'Height of the timeline',
};

export const statistics = {
  all: 'All',
  trackOf: (kind: string) => `${kind} track`,
};

export const workspace = {
  openSidebar: 'Open the sidebar',
  closeSidebar: 'Close the sidebar',
  sidebarWidth: 'Width of the sidebar',
};
