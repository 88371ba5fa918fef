/** The parts of CVAT's `LabeledData` that Roto writes; names and meaning are CVAT's. */
export type CvatTrackedShape = {
  readonly type: 'polygon' | 'mask';
  /** Task frame, from 0. */
  readonly frame: number;
  readonly occluded: boolean;
  /** In a track: not in the picture from this frame on. */
  readonly outside: boolean;
  readonly z_order: number;
  /** Degrees; always 0 for polygons and masks. */
  readonly rotation: number;
  /** Polygon: [x1, y1, …], not closed, pixels of the frame. Mask: run lengths and box, see `maskToCvatPoints`. */
  readonly points: readonly number[];
  readonly attributes: readonly { readonly spec_id: number; readonly value: string }[];
};

/** A shape of one frame, in no track. */
export type CvatShape = CvatTrackedShape & {
  readonly label_id: number;
  /** 0: none. Shapes of one group belong together in the interface. */
  readonly group: number;
  readonly source: 'auto' | 'manual' | 'semi-auto' | 'file';
  readonly elements: readonly never[];
};

export type CvatTrack = {
  /** Frame of the first keyframe. */
  readonly frame: number;
  readonly label_id: number;
  readonly group: number;
  readonly source: 'auto' | 'manual' | 'semi-auto' | 'file';
  readonly attributes: readonly never[];
  readonly elements: readonly never[];
  /** Every entry is a keyframe. */
  readonly shapes: readonly CvatTrackedShape[];
};

export type CvatLabeledData = {
  readonly version: number;
  readonly tags: readonly never[];
  readonly shapes: readonly CvatShape[];
  readonly tracks: readonly CvatTrack[];
};
