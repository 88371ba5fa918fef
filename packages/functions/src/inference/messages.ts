import type { TrackedObject, TrackRangeParams } from '@roto/wire';
import type { FunctionChoice, ModelEnvironment } from '../functions/choice.ts';
import type {
  DetectionAnnotation,
  DetectionFunctionContext,
  FunctionSpec,
  InteractionPrompts,
  InteractionResultShape,
  TrackableShape,
} from '../functions/interface.ts';

/** A picture file on disk, and the part of it that counts: left, top, right, bottom. */
export type ImageFile = { readonly path: string; readonly roi?: readonly number[] | undefined };

/** A state as it is kept between two requests. */
export type KeptState = {
  readonly content: Uint8Array;
  readonly shapeType: string;
  readonly width: number;
  readonly height: number;
};

/** Where the frames of a run come from. Session frames count the task frames that are not deleted. */
export type RangeMedia =
  /** The original file; task frame n is its frame `startFrame + n · step`. */
  | { readonly kind: 'file'; readonly path: string; readonly startFrame: number; readonly step: number }
  /** Pictures that the agent's process fetches one by one when they are asked for. */
  | { readonly kind: 'pictures'; readonly width: number; readonly height: number };

export type RangeJob = {
  readonly params: TrackRangeParams;
  readonly media: RangeMedia;
  /** Frames of the task, deleted ones included. */
  readonly size: number;
  /** Usable snapshots, the best first. */
  readonly snapshots: readonly { readonly frame: number; readonly bytes: Uint8Array }[];
};

/** What the agent's process asks of the inference process, and what it gets back. */
export type Calls = {
  load: {
    in: { choice: FunctionChoice; environment: ModelEnvironment };
    /** `fingerprint` names function and weights; `keepsBytes`: states can be stored. */
    out: { spec: FunctionSpec; fingerprint: string; keepsBytes: boolean; ranges: boolean };
  };
  init: {
    in: { image: ImageFile; frame: number; shapes: readonly TrackableShape[] };
    out: { states: readonly KeptState[] };
  };
  track: {
    in: { image: ImageFile; frame: number; states: readonly KeptState[] };
    out: { states: readonly Uint8Array[]; shapes: readonly (TrackableShape | null)[] };
  };
  detect: {
    in: { image: ImageFile; context: DetectionFunctionContext };
    out: { annotations: readonly DetectionAnnotation[] };
  };
  /** Without a picture only what is kept under the key serves; `shapes` null: it is not kept. */
  interact: {
    in: { key: string; image: ImageFile | null; frame: number; prompts: InteractionPrompts };
    out: { shapes: readonly InteractionResultShape[] | null };
  };
  range: { in: RangeJob; out: { done: number } };
};
export type CallName = keyof Calls;

/** How an error crosses: the three that are told to the server, the agent's own, and all others. */
export type ErrorKind = 'bad-request' | 'bad-function' | 'agent' | 'other';
export type SentError = { readonly kind: ErrorKind; readonly message: string; readonly stack?: string | undefined };

/** To the inference process. */
export type ToWorker =
  | { [Name in CallName]: { readonly id: number; readonly call: Name; readonly with: Calls[Name]['in'] } }[CallName]
  /** Changes a running range; `pause` while the server is behind. */
  | {
      readonly adjust: number;
      readonly target?: number;
      readonly ended?: readonly number[];
      readonly pause?: boolean;
      readonly stop?: boolean;
    }
  /** A picture that a range asked for; no path: it could not be had. */
  | { readonly picture: number; readonly path: string | null; readonly problem?: string };

/** From the inference process. */
export type FromWorker =
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly error: SentError }
  /** A frame of a range is tracked; `snapshot`: the session after it, now and then. */
  | {
      readonly tracked: number;
      readonly frame: number;
      readonly objects: readonly TrackedObject[];
      readonly snapshot?: Uint8Array;
    }
  /** A range needs the picture of a task frame. `ask` names the question. */
  | { readonly wanted: number; readonly frame: number; readonly ask: number }
  | { readonly say: string; readonly level: 'info' | 'warn' };

export function sentError(error: unknown): SentError {
  const { code } = error as { code?: unknown };
  const kind: ErrorKind = code === 'bad-request' || code === 'bad-function' || code === 'agent' ? code : 'other';
  const message = error instanceof Error ? error.message : String(error);
  // Errors with a code are foreseen, and their message says all.
  return { kind, message, stack: typeof code !== 'string' && error instanceof Error ? error.stack : undefined };
}
