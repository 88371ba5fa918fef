/**
 * Functions that an agent runs, with the members of CVAT's Python interface under their TypeScript names. A module for
 * `--function-file` exports them as they are, or a `create(parameters)` that makes them. docs/guide/agent.md has examples.
 */

/** A decoded picture, upright, 8-bit RGB, row after row. */
export type Picture = { readonly width: number; readonly height: number; readonly rgb: Uint8Array };

/** A type of CVAT's with its points, in pixels of the picture. */
export type TrackableShape = { readonly type: string; readonly points: readonly number[] };

export type MaybePromise<T> = T | Promise<T>;

export type TrackingFunctionSpec = {
  readonly kind: 'tracker';
  /** Of rectangle, polygon, polyline, points, ellipse, cuboid, mask, skeleton. */
  readonly supportedShapeTypes: readonly string[];
};

export type TrackingFunctionContext = {
  /** Frame of the task. */
  readonly frame: number;
};
export type TrackingFunctionShapeContext = TrackingFunctionContext & { readonly originalShapeType: string };

/**
 * Follows single objects. `track` may change the state that it is given; it is never called for one state twice at once.
 * With `stateToBytes` and `stateFromBytes` states can lie in a folder or in Redis, survive the process and be taken over
 * by another agent; without them they live in the process, and are lost with it.
 */
export type TrackingFunction<State = unknown, Prepared = unknown> = {
  readonly spec: TrackingFunctionSpec;
  /** Done once for all objects of a frame; without it `image` is passed on. */
  preprocessImage?(context: TrackingFunctionContext, image: Picture): MaybePromise<Prepared>;
  initTrackingState(context: TrackingFunctionShapeContext, image: Prepared, shape: TrackableShape): MaybePromise<State>;
  /** A shape of the original type; null: not found on this frame. */
  track(context: TrackingFunctionShapeContext, image: Prepared, state: State): MaybePromise<TrackableShape | null>;
  stateToBytes?(state: State): Uint8Array;
  /** Throws on bytes that are none of `stateToBytes`. */
  stateFromBytes?(bytes: Uint8Array): State;
};

export type AttributeSpec = {
  readonly id: number;
  readonly name: string;
  readonly inputType: 'select' | 'radio' | 'checkbox' | 'number' | 'text';
  readonly values: readonly string[];
};

export type SublabelSpec = {
  /** Names the label in results; unique among its neighbours. */
  readonly id: number;
  readonly name: string;
  /** Default 'any'. */
  readonly type?: string;
  readonly attributes?: readonly AttributeSpec[];
};

export type LabelSpec = SublabelSpec & {
  /** Of a label of type 'skeleton', each of type 'points'. */
  readonly sublabels?: readonly SublabelSpec[];
};

export type DetectionFunctionSpec = { readonly kind: 'detector'; readonly labels: readonly LabelSpec[] };

export type DetectionFunctionContext = {
  readonly frameName: string;
  /** 0…1; null: the function's own choice. */
  readonly confThreshold: number | null;
  /** True: masks must come as polygons. */
  readonly convMaskToPoly: boolean;
};

export type AttributeValue = { readonly specId: number; readonly value: string };

export type DetectedElement = {
  /** A sublabel's id. */
  readonly labelId: number;
  readonly type: 'points';
  readonly points: readonly number[];
  readonly occluded?: boolean;
  readonly outside?: boolean;
  readonly attributes?: readonly AttributeValue[];
};

/** A tag of the whole picture, or a shape on it. */
export type DetectionAnnotation =
  | { readonly type: 'tag'; readonly labelId: number; readonly attributes?: readonly AttributeValue[] }
  | {
      readonly type: string;
      readonly labelId: number;
      readonly points?: readonly number[];
      readonly rotation?: number;
      readonly occluded?: boolean;
      readonly zOrder?: number;
      readonly group?: number;
      readonly attributes?: readonly AttributeValue[];
      readonly elements?: readonly DetectedElement[];
    };

export type DetectionFunction = {
  readonly spec: DetectionFunctionSpec;
  detect(context: DetectionFunctionContext, image: Picture): MaybePromise<readonly DetectionAnnotation[]>;
};

export type InteractionFunctionSpec = {
  readonly kind: 'interactor';
  readonly minPosPoints: number;
  /** Left out or null: no negative points are taken. */
  readonly minNegPoints?: number | null;
  /** 0 or 1; left out or null: no box is taken. */
  readonly minBoundingBoxes?: 0 | 1 | null;
};

export type InteractionFunctionContext = { readonly frame: number };

type Point = readonly [x: number, y: number];

export type InteractionPrompts = {
  readonly posPoints: readonly Point[];
  readonly negPoints: readonly Point[];
  /** Top-left and bottom-right. */
  readonly boundingBox: readonly [Point, Point] | null;
};

/** `attributes`: specId 0 is the confidence, 0…1. */
export type InteractionResultShape = TrackableShape & { readonly attributes?: readonly AttributeValue[] };

export type InteractionFunction<Prepared = unknown> = {
  readonly spec: InteractionFunctionSpec;
  /** Done once for a picture; its result is kept for some minutes and used again. */
  preprocessImage?(context: InteractionFunctionContext, image: Picture): MaybePromise<Prepared>;
  detect(
    context: InteractionFunctionContext,
    image: Prepared,
    prompts: InteractionPrompts,
  ): MaybePromise<readonly InteractionResultShape[]>;
};

export type FunctionSpec = TrackingFunctionSpec | DetectionFunctionSpec | InteractionFunctionSpec;
export type AutoAnnotationFunction = TrackingFunction | DetectionFunction | InteractionFunction;

/** What `-p name=type:value` gives to `create`. */
export type FunctionParameters = Readonly<Record<string, string | number | boolean>>;
