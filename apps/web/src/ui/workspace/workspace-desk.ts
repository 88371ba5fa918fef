// Everything of one open job that the components of the workspace use.
import type { Clipboard } from '../../commands/clipboard.ts';
import type { Desk } from '../../commands/desk.ts';
import type { ObjectMenuHost } from '../../commands/object-entries.ts';
import type { FrameSource } from '../../frames/index.ts';
import type { Caps, KeyEngine } from '../../keys/index.ts';
import type { Navigator } from '../../player/navigator.ts';
import type { Playback } from '../../player/playback.ts';
import type { JobSession } from '../../sync/session.ts';
import type { Meter } from '../../tracking/progress.ts';
import type { Toasts } from '../toasts/toasts.ts';
import type { CanvasHandle } from './canvas-handle.ts';

export interface JobFacts {
  readonly id: number;
  readonly taskId: number;
  readonly taskName: string;
  readonly state: string;
  readonly stage: string;
  readonly kind: 'video' | 'images';
  /** Name of the file of a frame. */
  readonly frameName: (frame: number) => string;
}

export interface WorkspaceDesk extends Desk {
  readonly job: JobFacts;
  /** Who opened the job. */
  readonly user: number;
  readonly session: JobSession;
  readonly source: FrameSource;
  readonly navigator: Navigator;
  readonly playback: Playback;
  readonly keys: KeyEngine;
  readonly clipboard: Clipboard;
  readonly menuHost: ObjectMenuHost;
  readonly toasts: Toasts;
  readonly canvas: CanvasHandle;
  /** Rates and times left of the runs of the job. */
  readonly meter: Meter;
  readonly save: () => Promise<void>;
  /** Entries of the top menu that concern the job itself. */
  readonly jobActions: () => readonly { readonly text: string; readonly run: () => void }[];
  readonly isMac: boolean;
  readonly caps: Caps | undefined;
  readonly close: () => void;
}
