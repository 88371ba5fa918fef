import type { AnnotatedFrame } from '../../labeled/flatten.ts';
import type { LabeledData } from '../../labeled/labeled-data.ts';
import { AREA_TYPES } from '../draw.ts';

type Annotated = AnnotatedFrame['shapes'][number];

/** An object that goes through the frames under one number. */
export type NumberedObject = { readonly labelId: number };

/**
 * Objects for formats that name every object on every frame: each track is one; plain shapes of one label and group are
 * one, as long as no frame has two of them; every other plain shape is one of its own.
 */
export class Objects {
  readonly list: NumberedObject[] = [];
  readonly #byKey = new Map<unknown, number>();
  readonly #split: ReadonlySet<string>;

  constructor(data: LabeledData) {
    const onFrame = new Map<string, number>();
    const split = new Set<string>();
    for (const shape of data.shapes) {
      if (!AREA_TYPES.includes(shape.type) || shape.group === 0) continue;
      const key = `${shape.label_id} ${shape.group}`;
      const here = `${key} ${shape.frame}`;
      if (onFrame.has(here)) split.add(key);
      onFrame.set(here, 1);
    }
    this.#split = split;
    for (const [place, track] of data.tracks.entries())
      if (AREA_TYPES.includes(track.shapes[0]!.type)) this.#enter(place, track.label_id);
    for (const shape of data.shapes)
      if (AREA_TYPES.includes(shape.type)) this.#enter(this.#keyOf({ shape, keyframe: true }), shape.label_id);
  }

  /** Place in `list`. */
  of(annotated: Annotated): number {
    return this.#byKey.get(this.#keyOf(annotated))!;
  }

  #keyOf({ shape, track }: Annotated): unknown {
    if (track !== undefined) return track;
    const key = `${shape.label_id} ${shape.group}`;
    return shape.group === 0 || this.#split.has(key) ? shape : key;
  }

  #enter(key: unknown, labelId: number): void {
    if (this.#byKey.has(key)) return;
    this.#byKey.set(key, this.list.length);
    this.list.push({ labelId });
  }
}
