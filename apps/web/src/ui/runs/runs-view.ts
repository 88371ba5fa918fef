// Runs of the job as the drawer and the dialog see them. How they are started and followed is the tracking's.
import type { StoreApi } from 'zustand/vanilla';

export interface RunsState {
  readonly runs: readonly RunView[];
  /** Queued or running. */
  readonly active: number;
}

export interface RunView {
  readonly id: string;
}

export interface RunsView {
  readonly store: StoreApi<RunsState>;
}
