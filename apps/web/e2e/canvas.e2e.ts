import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ToolOptions } from '../src/tools/options.ts';
import type { ToolId } from '../src/tools/tool.ts';
import { openCanvasPage } from './canvas/open-page.ts';
import type { TestPage } from './canvas/page.ts';

// Each tool in Chromium by a real mouse and keyboard, on the canvas alone. The view shows the frame at 100 %: a point of the
// frame is 8 CSS pixels to the right of and below its place on the screen.
const SHIFT = 8;
const frame = { width: 1264, height: 704 };
const folder = path.resolve(import.meta.dirname, 'artifacts/canvas');

let page: Page;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ page, close } = await openCanvasPage({ width: 1280, height: 720 }, frame));
  mkdirSync(folder, { recursive: true });
});
afterAll(() => close?.());
beforeEach(() =>
  page.evaluate(() => {
    const { desk, canvas, notices } = window.page;
    canvas.open('select');
    for (let i = 0; i < 200; i++) desk.store.undo();
    desk.view.setState({ selection: [], hover: undefined });
    canvas.fit();
    notices.length = 0;
    // Zoom and place are told to the view with the next paint.
    return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }),
);

type XY = readonly [number, number];
const open = (tool: ToolId) => page.evaluate((id) => window.page.canvas.open(id), tool);
const send = (type: Parameters<TestPage['canvas']['send']>[0]) =>
  page.evaluate((name) => window.page.canvas.send(name), type);
const options = (change: Partial<ToolOptions>) => page.evaluate((value) => window.page.options(value), change);
const geometries = () => page.evaluate(() => window.page.geometries());
const toolPath = () => page.evaluate(() => window.page.canvas.path());
const notices = () => page.evaluate(() => [...window.page.notices]);
const undo = () => page.evaluate(() => window.page.desk.store.undo().kind);
const shot = async (name: string) => {
  await page.waitForTimeout(150);
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
};
async function move([x, y]: XY, steps = 4): Promise<void> {
  await page.mouse.move(x + SHIFT, y + SHIFT, { steps });
}
async function click(...points: XY[]): Promise<void> {
  for (const point of points) {
    await move(point);
    await page.mouse.down();
    await page.mouse.up();
  }
}
async function drag(...points: XY[]): Promise<void> {
  await move(points[0]!);
  await page.mouse.down();
  for (const point of points.slice(1)) await move(point, 8);
  await page.mouse.up();
}
const square = [200, 150, 400, 150, 400, 350, 200, 350];
const addPolygon = (points: readonly number[]) =>
  page.evaluate((flat) => void window.page.add([{ kind: 'polygon', points: flat }]), points);

it('paints run lengths as @roto/geometry decodes them', async () => {
  expect(await page.evaluate(() => window.page.compareMasks(60, 70))).toBe(0);
});

it('paints in the worker what it paints in the page', async () => {
  expect(await page.evaluate(() => window.page.compareRaster())).toBeLessThan(0.001);
});

it('draws a polygon, and takes it back in one step', async () => {
  await open('polygon');
  await click([200, 150], [400, 150], [400, 350]);
  await move([260, 380]);
  await shot('polygon-drawing');
  await click([200, 350], [203, 152]);
  expect(await geometries()).toEqual([{ kind: 'polygon', points: square }]);
  await shot('polygon-done');
  expect(await undo()).toBe('done');
  expect(await geometries()).toEqual([]);
});

it('brings a figure back that Esc had ended', async () => {
  await open('polygon');
  await click([200, 150], [400, 150], [400, 350]);
  await send('cancel');
  expect(await toolPath()).toBe('select.idle');
  expect(await send('undo')).toBe(true);
  expect(await toolPath()).toBe('polygon.placing');
  await send('finish');
  expect(await geometries()).toHaveLength(1);
});

it('keeps a begun figure with its frame', async () => {
  await open('polygon');
  await click([200, 150], [400, 150]);
  await page.evaluate(() => window.page.desk.goTo((window.page.desk.first + 1) as typeof window.page.desk.first));
  expect(await toolPath()).toBe('polygon.idle');
  await page.evaluate(() => window.page.desk.goTo(window.page.desk.first));
  expect(await toolPath()).toBe('polygon.placing');
  await send('cancel');
});

it('draws rectangles, ellipses, lines and points', async () => {
  await open('rectangle');
  await move([60, 60]);
  await shot('rectangle-crosshair');
  await drag([60, 60], [220, 160]);
  await open('ellipse');
  await move([300, 60]);
  await page.mouse.down();
  await move([460, 160]);
  await shot('ellipse-drawing');
  await page.mouse.up();
  await open('polyline');
  await click([60, 300], [160, 260], [260, 320]);
  await shot('polyline-drawing');
  await send('finish');
  await open('points');
  await click([500, 300], [540, 320]);
  await shot('points-drawing');
  await send('finish');
  expect((await geometries()).map(({ kind }) => kind)).toEqual(['rectangle', 'ellipse', 'polyline', 'points']);
  await shot('simple-figures');
});

it('paints masks: a dab at pointer down, strokes that are taken back one by one', async () => {
  await options({
    brush: { mode: 'brush', form: 'circle', size: 40, pressure: false, removeUnderlying: false, showBox: false },
  });
  await open('mask');
  await move([300, 300]);
  await page.mouse.down();
  await shot('brush-dab');
  await page.mouse.up();
  await drag([400, 300], [600, 320], [640, 240]);
  await drag([700, 500], [760, 520]);
  await shot('brush-strokes');
  await send('undo');
  await send('finish');
  const [mask] = await geometries();
  expect(mask).toMatchObject({ kind: 'mask', left: 280, top: 220, bottom: 339 });
  expect(mask?.kind === 'mask' && mask.right).toBeGreaterThanOrEqual(655);
  await shot('mask-done');
});

it('works within the budget of a batch of pointer events at size 200', async () => {
  await options({
    brush: { mode: 'brush', form: 'circle', size: 200, pressure: false, removeUnderlying: false, showBox: false },
  });
  await open('mask');
  const { median, p95 } = await page.evaluate(() => window.page.timeBrush(6));
  console.log(`brush of 200: ${median.toFixed(2)} ms a batch in the middle, p95 ${p95.toFixed(2)} ms`);
  expect(median).toBeLessThan(4);
  await send('cancel');
});

it('selects, moves, shapes and nudges', async () => {
  await addPolygon(square);
  await click([300, 250]);
  await shot('selected');
  await drag([200, 150], [150, 120]);
  await shot('vertex-moved');
  await drag([300, 250], [360, 280]);
  const moved = (await geometries())[0];
  expect(moved).toEqual({ kind: 'polygon', points: [210, 150, 460, 180, 460, 380, 260, 380] });
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowDown');
  expect((await geometries())[0]).toEqual({ kind: 'polygon', points: [211, 160, 461, 190, 461, 390, 261, 390] });
  await page.evaluate(() => window.page.canvas.event({ type: 'box-handles' }));
  await shot('box-handles');
});

it('draws part of a contour anew, and cuts a hole', async () => {
  await addPolygon(square);
  await click([300, 250]);
  await page.keyboard.down('Shift');
  await click([400, 150]);
  await page.keyboard.up('Shift');
  await click([470, 200], [480, 300]);
  await move([440, 340]);
  await shot('contour-edit');
  await click([400, 350]);
  expect((await geometries())[0]).toMatchObject({ kind: 'polygon' });
  await open('polygon');
  await page.keyboard.down('Alt');
  await click([260, 220]);
  await page.keyboard.up('Alt');
  await click([320, 220], [320, 290]);
  await shot('hole-drawing');
  await send('finish');
  const [polygon] = await geometries();
  expect(polygon?.kind === 'polygon' && polygon.points.length).toBe(2 * (6 + 3 + 2));
  await shot('hole-done');
});

it('snaps to the vertices of others', async () => {
  await addPolygon(square);
  await options({ snapToPoint: true });
  await open('polygon');
  await click([403, 153], [500, 200]);
  await move([396, 346]);
  await shot('snapping');
  await click([396, 346]);
  await send('finish');
  await options({ snapToPoint: false });
  expect((await geometries())[1]).toEqual({ kind: 'polygon', points: [400, 150, 500, 200, 400, 350] });
});

it('slices a polygon, and joins the parts again', async () => {
  await addPolygon(square);
  await open('slice');
  await click([300, 250]);
  await click([300, 145], [290, 250]);
  await move([310, 330]);
  await shot('slice-cutting');
  await click([310, 356]);
  expect(await geometries()).toHaveLength(2);
  await shot('sliced');
  await page.evaluate(() => window.page.desk.view.setState({ selection: [] }));
  await open('join');
  await click([230, 250], [370, 250]);
  await shot('join-picked');
  await send('finish');
  expect((await geometries()).map(({ kind }) => kind)).toEqual(['polygon']);
  expect(await notices()).toEqual([]);
});

it('groups by a box', async () => {
  await addPolygon(square);
  await addPolygon(square.map((value, i) => value + (i % 2 === 0 ? 300 : 0)));
  await open('group');
  await move([150, 100]);
  await page.mouse.down();
  await move([760, 400]);
  await shot('group-box');
  await page.mouse.up();
  await send('finish');
  const groups = await page.evaluate(() =>
    [...window.page.desk.store.state.document.objects.values()].map(({ group }) => group),
  );
  expect(groups).toEqual([1, 1]);
});

it('draws by the keyboard alone', async () => {
  await open('polygon');
  await page.evaluate(() => document.querySelector<HTMLElement>('#host')!.focus());
  await page.mouse.move(1278, 718);
  const press = async (key: string, times = 1) => {
    for (let i = 0; i < times; i++) await page.keyboard.press(key);
  };
  await press('ArrowRight');
  await press('Space');
  await press('Control+ArrowRight', 3);
  await press('Enter');
  await press('Shift+ArrowDown', 9);
  await press('Space');
  await shot('keyboard-drawing');
  await send('finish');
  const [polygon] = await geometries();
  expect(polygon).toEqual({ kind: 'polygon', points: [632, 352, 782, 352, 782, 442] });
});

it('follows wheel, middle drag and double click, and shows pixels when close', async () => {
  await addPolygon(square);
  await move([300, 250]);
  await page.mouse.wheel(0, -300);
  await page.waitForTimeout(200);
  const zoomed = await page.evaluate(() => window.page.desk.view.getState().zoom);
  expect(zoomed).toBeCloseTo(2, 1);
  await page.mouse.down({ button: 'middle' });
  await page.mouse.move(200, 200, { steps: 6 });
  await shot('panned-in-the-gesture');
  await page.mouse.up({ button: 'middle' });
  await page.mouse.wheel(0, -1000);
  await page.waitForTimeout(250);
  await shot('pixels');
});

it('zooms with two fingers, and takes back the dab that the first one had begun', async () => {
  const cdp = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: readonly XY[]) =>
    cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  await options({
    brush: { mode: 'brush', form: 'circle', size: 20, pressure: false, removeUnderlying: false, showBox: false },
  });
  await open('mask');
  const before = await page.evaluate(() => window.page.desk.view.getState().zoom);
  await touch('touchStart', [[500, 300]]);
  expect(await toolPath()).toBe('mask.stroke');
  await touch('touchStart', [
    [500, 300],
    [600, 300],
  ]);
  for (let spread = 0; spread <= 100; spread += 20)
    await touch('touchMove', [
      [500 - spread, 300],
      [600 + spread, 300],
    ]);
  await touch('touchEnd', []);
  await page.waitForTimeout(200);
  expect(await page.evaluate(() => window.page.desk.view.getState().zoom)).toBeCloseTo(before * 3, 1);
  expect(await toolPath()).toBe('mask.idle');
  await touch('touchStart', [[400, 300]]);
  await touch('touchMove', [[450, 320]]);
  await touch('touchEnd', []);
  expect(await toolPath()).toBe('mask.drawn');
  await touch('touchStart', [
    [400, 300],
    [500, 300],
  ]);
  await touch('touchEnd', []);
  expect(await toolPath()).toBe('mask.idle');
  await send('cancel');
});

it('paints a crowd in the worker within its budget', async () => {
  await page.evaluate(() => void window.page.addCrowd(300, 200, 20));
  const raster = () => page.evaluate(() => window.page.canvas.lastRaster());
  await expect.poll(raster, { timeout: 20_000 }).toBeGreaterThan(0);
  const milliseconds = await raster();
  console.log(`raster of 300 polygons and 20 masks: ${Math.round(milliseconds)} ms in the worker`);
  await shot('crowd');
});
