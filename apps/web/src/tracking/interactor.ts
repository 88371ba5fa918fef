import { rasterisePolygon } from '@roto/geometry';
import { ask } from '../api/http.ts';
import { functions } from '../api/server.ts';
import type { FrameNumber, MaskGeometry } from '../document/records.ts';
import { geometryOf } from '../document/wire.ts';
import { geometryOfMask } from '../masks/runs.ts';
import { outlineOf } from '../outline/rings.ts';
import { t } from '../texts/en.ts';
import type { InteractorQuery } from '../tools/effect.ts';
import type { InteractorOptions } from '../tools/options.ts';

/** A function that answers clicks, as the server lists it. */
type InteractorFunction = {
  readonly id: number;
  readonly name: string;
  readonly min_pos_points?: number;
  readonly min_neg_points?: number;
  readonly startswith_box?: boolean;
  readonly startswith_box_optional?: boolean;
};

type Found = { readonly shapes?: readonly ({ readonly type: string; readonly points: readonly number[] } | null)[] };

/** Click-to-segment of one job, by the first interactor that this person may use. */
export class Interactor {
  readonly #task: number;
  readonly #size: { readonly width: number; readonly height: number };
  #function: Promise<InteractorFunction | undefined> | undefined;

  constructor(task: number, size: { readonly width: number; readonly height: number }) {
    this.#task = task;
    this.#size = size;
  }

  /** What the function wants before it answers; undefined when there is no function. */
  async wants(): Promise<Partial<InteractorOptions> | undefined> {
    const found = await this.#find();
    if (!found) return undefined;
    const { min_pos_points = 1, min_neg_points = 0, startswith_box = false, startswith_box_optional = false } = found;
    return {
      minPositive: Math.max(0, min_pos_points),
      minNegative: Math.max(0, min_neg_points),
      startsWithBox: startswith_box && !startswith_box_optional,
      allowsBox: startswith_box || startswith_box_optional,
    };
  }

  async ask(query: InteractorQuery, frame: FrameNumber, signal: AbortSignal): Promise<MaskGeometry | undefined> {
    const found = await this.#find();
    if (!found) throw new Error(t.tools.noInteractor);
    const { positive, negative, box } = query;
    const answer = await ask<Found>('POST', `/api/functions/${found.id}/run`, {
      signal,
      json: {
        type: 'interact',
        task: this.#task,
        frame,
        pos_points: positive,
        neg_points: negative,
        obj_bbox: box
          ? [
              [box.x0, box.y0],
              [box.x1, box.y1],
            ]
          : [],
        roi: null,
      },
    });
    const shape = answer.shapes?.find((each) => each !== null);
    return shape && this.#maskOf(shape);
  }

  #find(): Promise<InteractorFunction | undefined> {
    // One that fails is asked for again at the next click.
    this.#function ??= functions.interactors().then(
      ([first]) => first as InteractorFunction | undefined,
      (error: unknown) => {
        this.#function = undefined;
        throw error;
      },
    );
    return this.#function;
  }

  #maskOf({ type, points }: { readonly type: string; readonly points: readonly number[] }): MaskGeometry | undefined {
    if (type === 'mask') {
      const geometry = geometryOf({ type, points, rotation: 0 });
      return geometry.kind === 'mask' && geometry.runs.length > 1 ? geometry : undefined;
    }
    const { width, height } = this.#size;
    return geometryOfMask(rasterisePolygon([{ outer: outlineOf(points), holes: [] }], width, height));
  }
}
