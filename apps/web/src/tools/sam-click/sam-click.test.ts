import { describe, expect, it } from 'vitest';
import type { MaskGeometry } from '../../document/records.ts';
import { areaOfRuns } from '../../masks/runs.ts';
import type { InteractorQuery } from '../effect.ts';
import { DEFAULT_OPTIONS, type InteractorOptions } from '../options.ts';
import { box, Driver, polygon, sceneOf } from '../testing/driver.ts';
import { samClickTool } from './sam-click.ts';

const block = (left: number, top: number, right: number, bottom: number): MaskGeometry => ({
  kind: 'mask',
  runs: [0, (right - left + 1) * (bottom - top + 1)],
  left,
  top,
  right,
  bottom,
});
const interactor = (fields: Partial<InteractorOptions>) => ({
  options: { interactor: { ...DEFAULT_OPTIONS.interactor, ...fields } },
});
type D = Driver<ReturnType<typeof samClickTool.start>>;

function queries(d: D): InteractorQuery[] {
  return d.effects.flatMap((effect) => (effect.type === 'interact' ? [effect.query] : []));
}
function answer(d: D, mask: MaskGeometry | undefined, request?: number): D {
  const newest = d.effects.findLast((effect) => effect.type === 'interact');
  return d.send({
    type: 'answer',
    request: request ?? (newest as { request: number }).request,
    answer: { type: 'mask', mask },
  });
}

describe('click to segment', () => {
  it('asks with left clicks for, right clicks against and a box, and makes a mask of the answer', () => {
    const d = new Driver(samClickTool);
    d.click(50, 50).rightClick(90, 50).drag([20, 20], [80, 80]);
    expect(queries(d)).toEqual([
      { positive: [[50, 50]], negative: [], box: undefined },
      { positive: [[50, 50]], negative: [[90, 50]], box: undefined },
      { positive: [[50, 50]], negative: [[90, 50]], box: { x0: 20, y0: 20, x1: 80, y1: 80 } },
    ]);
    expect(d.hint).toBe('sam.waiting');
    answer(d, block(30, 30, 69, 69));
    expect(d.hint).toBe('sam.ready');
    d.key('finish');
    expect(d.created).toEqual([block(30, 30, 69, 69)]);
    expect(d.path).toBe('sam-click.idle');
  });

  it('drops answers to older questions', () => {
    const d = new Driver(samClickTool);
    d.click(50, 50).click(60, 70);
    answer(d, block(0, 0, 9, 9), 1);
    expect(d.preview.mask).toBeUndefined();
    answer(d, block(30, 30, 69, 69), 2);
    expect(d.preview.mask).toBeDefined();
  });

  it('removes a clicked point, moves a dragged one, and takes steps back', () => {
    const d = new Driver(samClickTool);
    d.click(50, 50).click(80, 50).drag([80, 50], [100, 60]).click(50, 50);
    expect(queries(d).at(-1)).toEqual({ positive: [[100, 60]], negative: [], box: undefined });
    d.key('undo').key('undo');
    expect(queries(d).at(-1)!.positive).toEqual([
      [50, 50],
      [80, 50],
    ]);
    d.key('undo').key('undo').key('undo');
    expect(d.ignored).toBe(true);
    expect(d.preview.marks).toEqual([]);
  });

  it('collects clicks while it is blocked, and asks once when that ends', () => {
    const d = new Driver(samClickTool, interactor({ blocked: true }));
    d.click(50, 50).click(60, 60);
    expect(queries(d)).toEqual([]);
    expect(d.hint).toBe('sam.blocked');
    d.context = { ...d.context, options: { ...d.context.options, ...interactor({ blocked: false }).options } };
    d.send({ type: 'refresh' }).send({ type: 'refresh' });
    expect(queries(d)).toHaveLength(1);
  });

  it('asks only when the function has what it needs', () => {
    const d = new Driver(samClickTool, interactor({ minPositive: 2 }));
    d.click(50, 50);
    expect(d.hint).toBe('sam.more-points');
    expect(queries(d)).toEqual([]);
    d.click(60, 80);
    expect(queries(d)).toHaveLength(1);
    const b = new Driver(samClickTool, interactor({ startsWithBox: true }));
    b.click(50, 50);
    expect(b.hint).toBe('sam.box-first');
    b.drag([20, 20], [80, 80]);
    expect(queries(b)).toHaveLength(1);
  });

  it('replaces the shape of the selected object, or adds to it or takes from it with Shift or Alt at the first click', () => {
    const scene = sceneOf({ m: block(10, 10, 49, 49), r: box(100, 10, 140, 50) });
    const replace = new Driver(samClickTool, { scene, selected: ['m'] });
    answer(replace.click(60, 60), block(40, 40, 79, 79)).key('finish');
    expect(replace.reshaped).toEqual(block(40, 40, 79, 79));
    const add = new Driver(samClickTool, { scene, selected: ['m'] });
    answer(add.hold({ shift: true }).click(60, 60), block(40, 40, 79, 79)).key('finish');
    expect(areaOfRuns(add.reshaped as MaskGeometry)).toBe(1600 + 1600 - 100);
    const less = new Driver(samClickTool, { scene, selected: ['m'] });
    answer(less.hold({ alt: true }).click(60, 60), block(40, 40, 79, 79)).key('finish');
    expect(areaOfRuns(less.reshaped as MaskGeometry)).toBe(1600 - 100);
    const boxed = new Driver(samClickTool, { scene, selected: ['r'] });
    answer(boxed.click(120, 60), block(90, 40, 129, 79)).key('finish');
    expect(boxed.reshaped).toEqual(box(90, 40, 130, 80));
  });

  it('makes a polygon with a bounded error when that is chosen', () => {
    const d = new Driver(samClickTool, interactor({ asPolygon: true, iou: 0.97 }));
    answer(d.click(50, 50), block(30, 30, 69, 69));
    expect(d.effects.at(-1)).toMatchObject({ type: 'simplify', request: 1, iou: 0.97 });
    d.key('finish');
    expect(d.commits).toEqual([]);
    const set = (fields: Partial<InteractorOptions>) => {
      const { options } = d.context;
      d.context = { ...d.context, options: { ...options, interactor: { ...options.interactor, ...fields } } };
      d.send({ type: 'refresh' });
    };
    const simplified = () => d.effects.flatMap((effect) => (effect.type === 'simplify' ? [effect.iou] : []));
    set({ iou: 0.9 });
    set({ asPolygon: false });
    set({ asPolygon: true });
    expect(simplified()).toEqual([0.97, 0.9, 0.9]);
    const geometry = polygon(30, 30, 70, 30, 70, 70, 30, 70);
    d.send({ type: 'answer', request: 1, answer: { type: 'geometry', geometry } }).key('finish');
    expect(d.created).toEqual([geometry]);
  });

  it('never takes a mask of the whole frame silently, and says when nothing was found or the function failed', () => {
    const d = new Driver(samClickTool);
    answer(d.click(50, 50), block(0, 0, 199, 99));
    expect(d.said).toEqual(['sam-whole-frame']);
    d.key('finish');
    expect(d.commits).toEqual([]);
    d.key('finish');
    expect(d.created).toHaveLength(1);
    answer(d.click(50, 50), undefined);
    expect(d.said.at(-1)).toBe('sam-nothing');
    d.click(60, 80).send({ type: 'answer', request: 4, answer: { type: 'failed', reason: 'no agent' } });
    expect(d.said.at(-1)).toBe('sam-failed');
  });
});
