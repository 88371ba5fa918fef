// What one person looks at now: never part of the document, never undone by itself.
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { FrameNumber, Uid } from '../document/records.ts';
import type { Picture } from '../frames/index.ts';
import { DEFAULT_OPTIONS, type ToolOptions } from '../tools/options.ts';
import type { ToolId } from '../tools/tool.ts';

export type PanelName = 'objects' | 'labels';
export type DialogName =
  | 'run-action'
  | 'settings'
  | 'shortcuts'
  | 'propagate'
  | 'statistics'
  | 'conflicts'
  | 'remove-range';

/** Where the mouse is on the frame, and how large the frame is shown: for the status line. */
export interface Pointing {
  x: number;
  y: number;
}

export interface ViewState {
  /** The frame that is shown. Picture, objects, number and time all follow this one value. */
  readonly frame: FrameNumber;
  /** Its picture; undefined until the first one came. */
  readonly picture: Picture | undefined;
  /** The frame that was asked for and is not there yet. */
  readonly wanted: FrameNumber | undefined;
  /** Why the wanted frame cannot be shown. */
  readonly frameError: string | undefined;
  readonly playing: boolean;
  /** The file itself is decoded here. */
  readonly hasVideo: boolean;
  /** Why the file is not decoded here, and the server's pictures are used alone. */
  readonly noVideo: string | undefined;

  readonly tool: ToolId;
  /** The last tool that draws: what N opens again. */
  readonly lastTool: ToolId;
  readonly options: ToolOptions;
  /** What the next click does; shown in the status line. */
  readonly hint: string;
  /** The first press of a two-key shortcut. */
  readonly chord: string | undefined;
  /** A figure was begun, so that "Done" makes sense. */
  readonly drawing: boolean;

  /** In the order in which they were chosen. */
  readonly selection: readonly Uid[];
  readonly hover: Uid | undefined;
  readonly peeking: boolean;

  readonly zoom: number;
  readonly pointer: Pointing | undefined;

  readonly panel: PanelName;
  readonly dialog: DialogName | undefined;
  readonly runsOpen: boolean;
  readonly filter: string;
  /** A run that ended just now, and how many steps could be undone then: undo asks which of the two is meant. */
  readonly endedRun: { readonly id: string; readonly steps: number } | undefined;
  /** Action that the dialog opens with. */
  readonly action: string | undefined;
  /** Object whose colour is being picked. */
  readonly picking: Uid | undefined;
  /** Target of the action dialog while it is open, drawn as a flag on the timeline. */
  readonly target: FrameNumber | undefined;
  /** Frames chosen on the ruler. */
  readonly range: readonly [FrameNumber, FrameNumber] | undefined;
}

export type ViewStore = StoreApi<ViewState>;

export function createView(frame: FrameNumber, label: number): ViewStore {
  return createStore<ViewState>(() => ({
    frame,
    picture: undefined,
    wanted: undefined,
    frameError: undefined,
    playing: false,
    hasVideo: false,
    noVideo: undefined,
    tool: 'select',
    lastTool: 'polygon',
    options: { ...DEFAULT_OPTIONS, label },
    hint: '',
    chord: undefined,
    drawing: false,
    selection: [],
    hover: undefined,
    peeking: false,
    zoom: 1,
    pointer: undefined,
    panel: 'objects',
    dialog: undefined,
    runsOpen: false,
    filter: '',
    endedRun: undefined,
    action: undefined,
    picking: undefined,
    target: undefined,
    range: undefined,
  }));
}
