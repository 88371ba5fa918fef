// What the server answers, as far as the page reads it.
import type { RunProgress } from '@roto/wire';

export type Page<T> = { readonly count: number; readonly next: string | null; readonly results: readonly T[] };

export type Person = {
  readonly id: number;
  readonly username: string;
  readonly first_name: string;
  readonly last_name: string;
};
export type Self = Person & { readonly email: string; readonly is_superuser: boolean; readonly has_password?: boolean };

export type JobState = 'new' | 'in progress' | 'completed' | 'rejected';
export type JobStage = 'annotation' | 'validation' | 'acceptance';

export type Job = {
  readonly id: number;
  readonly task_id: number;
  readonly start_frame: number;
  readonly stop_frame: number;
  readonly state: JobState;
  readonly stage: JobStage;
  readonly assignee: Person | null;
  readonly type: string;
  readonly mode: string;
  readonly updated_date: string;
};

export type Task = {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly mode: string;
  readonly status: string;
  readonly owner: Person | null;
  readonly assignee: Person | null;
  readonly created_date: string;
  readonly updated_date: string;
  readonly jobs: { readonly count: number; readonly completed: number };
};

export type Attribute = {
  readonly id: number;
  readonly name: string;
  readonly input_type: 'select' | 'radio' | 'checkbox' | 'number' | 'text';
  readonly mutable: boolean;
  readonly values: readonly string[];
  readonly default_value: string;
};

export type Label = {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly type: string;
  readonly attributes: readonly Attribute[];
  readonly sublabels: readonly Label[];
};

export type NewLabel = { readonly name: string; readonly color?: string; readonly type?: string };

export type Meta = {
  readonly size: number;
  readonly start_frame: number;
  readonly stop_frame: number;
  readonly frame_filter: string;
  readonly image_quality: number;
  readonly frames: readonly { readonly width: number; readonly height: number; readonly name: string }[];
  readonly deleted_frames: readonly number[];
  readonly roto?: {
    readonly original: {
      readonly kind: 'video' | 'images';
      readonly bytes: number | null;
      readonly sha256: string | null;
      readonly start_frame: number;
      readonly step: number;
      readonly frame_rate: number | null;
    };
  };
};

export type TrackerFunction = {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly provider: string;
  readonly supported_shape_types?: readonly string[];
  readonly owner?: Person | null;
};

export type RunState = 'queued' | 'running' | 'finished' | 'cancelled' | 'failed';
export type Run = Omit<RunProgress, 'state'> & {
  readonly state: RunState;
  readonly task: number;
  readonly job: number;
  readonly function: number | null;
};

export type Estimate = {
  readonly frames: number;
  readonly seconds: number | null;
  readonly frames_per_second: number | null;
  readonly [key: string]: unknown;
};

export type BackgroundRequest = {
  readonly id: string;
  readonly status: 'queued' | 'started' | 'failed' | 'finished';
  readonly message: string;
  readonly progress: number | null;
};
