import { type ImagePoint, imagePoint } from '../../canvas/points.ts';
import type { Scene, SceneItem } from '../../canvas/scene.ts';
import { type Geometry, toFrame, type Uid } from '../../document/records.ts';
import type { Commit } from '../change.ts';
import type { Effect } from '../effect.ts';
import { DEFAULT_OPTIONS, type ToolOptions } from '../options.ts';
import { type Keys, NO_KEYS, type PointerInput, type Tool, type ToolContext, type ToolEvent } from '../tool.ts';

/** One CSS pixel is one image pixel; the frame is 200 × 100. */
export function sceneOf(geometries: Record<string, Geometry>, fields: Partial<SceneItem> = {}): Scene {
  const items = Object.entries(geometries).map(
    ([uid, geometry], z): SceneItem => ({
      uid: uid as Uid,
      kind: 'shape',
      geometry,
      label: 1,
      name: `${geometry.kind} ${uid}`,
      color: '#ff0000',
      z,
      locked: false,
      pinned: false,
      occluded: false,
      group: 0,
      isKeyframe: true,
      startsAt: toFrame(0),
      ...fields,
    }),
  );
  return { frame: toFrame(0), size: { width: 200, height: 100 }, items };
}

export const EMPTY_SCENE = sceneOf({});

export function box(left: number, top: number, right: number, bottom: number): Geometry {
  return { kind: 'rectangle', left, top, right, bottom, rotation: 0 };
}

export function polygon(...points: number[]): Geometry {
  return { kind: 'polygon', points };
}

/** Flat points of a figure that has them. */
export function flatPoints(geometry: Geometry | undefined): number[] {
  if (!geometry || !('points' in geometry)) throw new Error(`A ${geometry?.kind} has no points.`);
  return [...geometry.points];
}

type Setting = { scene?: Scene; options?: Partial<ToolOptions>; selected?: readonly string[]; scale?: number };

/** Presses, moves, releases and keys on a tool, without a page. */
export class Driver<State> {
  state: State;
  context: ToolContext;
  readonly commits: Commit[] = [];
  readonly effects: Effect[] = [];
  keys: Keys = NO_KEYS;
  /** Did the tool leave the last event to others? */
  ignored = false;
  readonly #tool: Tool<State>;
  #pressed: { point: ImagePoint; button: 'left' | 'right' } | undefined;
  #travel = 0;

  constructor(tool: Tool<State>, setting: Setting = {}) {
    this.#tool = tool;
    this.context = {
      scene: setting.scene ?? EMPTY_SCENE,
      selected: (setting.selected ?? []) as readonly Uid[],
      hovered: undefined,
      scale: setting.scale ?? 1,
      options: { ...DEFAULT_OPTIONS, ...setting.options },
    };
    this.state = tool.start(this.context);
  }

  get path(): string {
    return this.#tool.path(this.state);
  }
  get hint(): string {
    return this.#tool.hint(this.state, this.context).key;
  }
  get preview(): ReturnType<Tool<State>['preview']> {
    return this.#tool.preview(this.state, this.context);
  }
  /** Kinds and keys of the messages said so far. */
  get said(): string[] {
    return this.effects.flatMap((effect) => (effect.type === 'say' ? [effect.message.key] : []));
  }
  /** Geometries of the objects that were created. */
  get created(): Geometry[] {
    return this.commits.flatMap(({ changes }) =>
      changes.flatMap((change) => (change.kind === 'create' ? [change.geometry] : [])),
    );
  }

  /** Geometry that the last commit gave to its first object. */
  get reshaped(): Geometry | undefined {
    const change = this.commits.at(-1)?.changes[0];
    return change?.kind === 'reshape' ? change.geometry : undefined;
  }

  send(event: ToolEvent): this {
    const step = this.#tool.reduce(this.state, event, this.context);
    this.state = step.state;
    this.ignored = step.ignored === true;
    this.commits.push(...(step.commits ?? []));
    for (const effect of step.effects ?? []) {
      this.effects.push(effect);
      if (effect.type === 'select') this.context = { ...this.context, selected: effect.uids };
      if (effect.type === 'hover') this.context = { ...this.context, hovered: effect.uid };
    }
    return this;
  }

  press(x: number, y: number, more: Partial<PointerInput> = {}): this {
    const input = this.#input(x, y, more);
    this.#pressed = { point: input.point, button: input.button };
    this.#travel = 0;
    return this.send({ type: 'down', ...input });
  }
  move(x: number, y: number, more: Partial<PointerInput> = {}): this {
    const from = this.#pressed?.point;
    if (from) this.#travel = Math.max(this.#travel, Math.hypot(x - from[0], y - from[1]) * this.context.scale);
    return this.send({ type: 'move', pressed: this.#pressed !== undefined, ...this.#input(x, y, more) });
  }
  release(x: number, y: number, more: Partial<PointerInput> = {}): this {
    this.send({ type: 'up', ...this.#input(x, y, more) });
    this.#pressed = undefined;
    return this;
  }
  click(x: number, y: number, more: Partial<PointerInput> = {}): this {
    return this.move(x, y, more).press(x, y, more).release(x, y, more);
  }
  rightClick(x: number, y: number): this {
    return this.click(x, y, { button: 'right' });
  }
  doubleClick(x: number, y: number, more: Partial<PointerInput> = {}): this {
    return this.click(x, y, more)
      .click(x, y, more)
      .send({ type: 'double', ...this.#input(x, y, more) });
  }
  /** Press at the first point, move over all, release at the last. */
  drag(...points: (readonly [number, number])[]): this {
    const [first, ...rest] = points;
    this.move(...first!).press(...first!);
    for (const point of rest) this.move(...point);
    return this.release(...points.at(-1)!);
  }
  hold(keys: Partial<Keys>): this {
    this.keys = { ...NO_KEYS, ...keys };
    return this.send({ type: 'keys', keys: this.keys });
  }
  key(
    type: 'finish' | 'cancel' | 'undo' | 'redo' | 'back' | 'delete' | 'next-under-pointer' | 'finish-and-continue',
  ): this {
    return this.send({ type });
  }

  #input(x: number, y: number, more: Partial<PointerInput>): PointerInput {
    const point = imagePoint(x, y);
    return {
      point,
      trail: [point],
      button: this.#pressed?.button ?? 'left',
      keys: this.keys,
      device: 'mouse',
      pressure: 0.5,
      eraser: false,
      travel: this.#travel,
      ...more,
    };
  }
}
