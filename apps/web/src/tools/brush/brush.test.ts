import { describe, expect, it } from 'vitest';
import { imagePoint } from '../../canvas/points.ts';
import type { Geometry, MaskGeometry } from '../../document/records.ts';
import { areaOfRuns, geometryOfMask, maskContains } from '../../masks/runs.ts';
import { maskOfTiles } from '../../masks/tiled-mask.ts';
import { type BrushOptions, DEFAULT_OPTIONS } from '../options.ts';
import { Driver, sceneOf } from '../testing/driver.ts';
import { brushTool } from './brush.ts';

const brush = (fields: Partial<BrushOptions>) => ({ options: { brush: { ...DEFAULT_OPTIONS.brush, ...fields } } });
const block = (left: number, top: number, right: number, bottom: number): MaskGeometry => ({
  kind: 'mask',
  runs: [0, (right - left + 1) * (bottom - top + 1)],
  left,
  top,
  right,
  bottom,
});

function shown(d: Driver<ReturnType<typeof brushTool.start>>): MaskGeometry | undefined {
  return geometryOfMask(maskOfTiles(d.preview.mask!.tiles));
}
function mask(geometry: Geometry | undefined): MaskGeometry {
  if (geometry?.kind !== 'mask') throw new Error(`a mask was expected, not ${geometry?.kind}`);
  return geometry;
}

describe('the brush', () => {
  it('paints at pointer down, without a movement', () => {
    const d = new Driver(brushTool, brush({ size: 1 }));
    d.press(50.2, 30.9);
    expect(shown(d)).toEqual(block(50, 30, 50, 30));
    expect(d.path).toBe('mask.stroke');
    d.release(50.2, 30.9).key('finish');
    expect(d.created).toEqual([block(50, 30, 50, 30)]);
    expect(d.effects).toEqual([{ type: 'close', again: false }]);
  });

  it('sweeps along all places of the pointer, not only the last one', () => {
    const d = new Driver(brushTool, brush({ form: 'square', size: 4 }));
    d.press(20, 20)
      .move(60, 60, { trail: [imagePoint(60, 20), imagePoint(60, 60)] })
      .release(60, 60);
    expect(maskContains(shown(d)!, imagePoint(60.5, 20.5))).toBe(true);
    expect(maskContains(shown(d)!, imagePoint(40.5, 40.5))).toBe(false);
  });

  it('makes one step of each stroke, and leaves undo to the job when none is left', () => {
    const d = new Driver(brushTool, brush({ form: 'square', size: 10 }));
    d.drag([20, 20], [40, 20], [40, 40]).click(80, 80);
    const both = shown(d);
    d.key('undo');
    expect(shown(d)!.right).toBe(44);
    d.key('undo');
    expect(shown(d)).toBeUndefined();
    d.key('undo');
    expect(d.ignored).toBe(true);
    d.key('redo').key('redo');
    expect(shown(d)).toEqual(both);
  });

  it('draws straight lines between clicks with Shift', () => {
    const d = new Driver(brushTool, brush({ form: 'square', size: 2 }));
    d.click(20, 20).hold({ shift: true }).click(60, 20);
    expect(shown(d)).toEqual(block(19, 19, 60, 20));
  });

  it('erases, also with the other end of a pen', () => {
    const d = new Driver(brushTool, brush({ form: 'square', size: 10 }));
    d.click(50, 50).click(50, 50, { device: 'pen', eraser: true });
    expect(shown(d)).toBeUndefined();
    d.key('finish');
    expect(d.said).toEqual(['empty-mask']);
    expect(d.created).toEqual([]);
  });

  it('scales with the pressure of a pen when that is chosen', () => {
    const d = new Driver(brushTool, brush({ form: 'square', size: 10, pressure: true }));
    d.click(50, 50, { device: 'pen', pressure: 0.2 });
    expect(shown(d)).toEqual(block(48, 48, 51, 51));
  });

  it('changes its size by Alt and a drag with the right button', () => {
    const d = new Driver(brushTool, brush({ size: 10 }));
    d.hold({ alt: true }).press(50, 50, { button: 'right' }).move(60, 50).move(20, 50).release(20, 50);
    expect(d.effects).toEqual([
      { type: 'brush-size', size: 30 },
      { type: 'brush-size', size: 1 },
    ]);
    expect(shown(d)).toBeUndefined();
  });

  it('adds and takes away polygons by the rule of pixel centres', () => {
    const d = new Driver(brushTool, brush({ mode: 'polygon-plus' }));
    d.click(10, 10).click(50, 10).click(50, 30).click(10, 30).click(11, 11);
    expect(shown(d)).toEqual(block(10, 10, 49, 29));
    d.context = {
      ...d.context,
      options: { ...d.context.options, brush: { ...d.context.options.brush, mode: 'polygon-minus' } },
    };
    d.click(10, 10).click(50, 10).click(50, 20).click(10, 20).key('finish');
    expect(shown(d)).toEqual(block(10, 20, 49, 29));
    d.key('finish');
    expect(d.created).toEqual([block(10, 20, 49, 29)]);
  });

  it('edits the selected mask in place', () => {
    const d = new Driver(brushTool, {
      scene: sceneOf({ m: block(10, 10, 29, 29) }),
      selected: ['m'],
      ...brush({ form: 'square', size: 10 }),
    });
    expect(d.preview.hidden).toEqual(['m']);
    d.click(35, 20).key('finish');
    expect(d.commits[0]!.step).toBe('mask');
    expect(areaOfRuns(mask(d.reshaped))).toBe(400 + 100);
  });

  it('goes on with a new mask after "finish and continue"', () => {
    const d = new Driver(brushTool, brush({ size: 10 }));
    d.click(30, 30).key('finish-and-continue');
    expect(d.created).toHaveLength(1);
    expect(d.effects).toEqual([]);
    expect(d.path).toBe('mask.idle');
  });

  it('takes itself out of other masks when chosen, naming first those that it would empty', () => {
    const scene = sceneOf({ under: block(10, 10, 29, 29), small: block(12, 12, 13, 13) });
    const d = new Driver(brushTool, { scene, ...brush({ form: 'square', size: 10, removeUnderlying: true }) });
    d.click(15, 15).key('finish');
    expect(d.said).toEqual(['masks-emptied']);
    expect(d.commits).toEqual([]);
    d.key('finish');
    const changes = d.commits[0]!.changes;
    expect(changes.map(({ kind }) => kind)).toEqual(['reshape', 'remove', 'create']);
    expect(areaOfRuns(mask(d.reshaped))).toBe(300);
  });

  it('removes specks, fills holes below a size, or the one that is clicked', () => {
    const d = new Driver(brushTool, brush({ mode: 'polygon-plus' }));
    const add = (x: number, y: number, side: number) =>
      d
        .click(x, y)
        .click(x + side, y)
        .click(x + side, y + side)
        .click(x, y + side)
        .key('finish');
    add(20, 20, 40);
    d.context = {
      ...d.context,
      options: { ...d.context.options, brush: { ...d.context.options.brush, mode: 'polygon-minus' } },
    };
    add(30, 30, 10);
    d.context = {
      ...d.context,
      options: { ...d.context.options, brush: { ...d.context.options.brush, mode: 'fill' } },
    };
    d.send({ type: 'fill-holes', pixels: 100 });
    expect(areaOfRuns(shown(d)!)).toBe(1600 - 100);
    d.click(34, 34);
    expect(areaOfRuns(shown(d)!)).toBe(1600);
    d.key('undo').send({ type: 'fill-holes', pixels: 101 });
    expect(areaOfRuns(shown(d)!)).toBe(1600);
    d.send({ type: 'remove-specks', pixels: 1601 });
    expect(shown(d)).toBeUndefined();
  });
});
