// Frames a second while the view is panned and zoomed over many objects, against the picture alone in the same run.
// node bench/web-canvas.ts [--pairs 5] [--seconds 5] [--width 1920 --height 1080]
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { openCanvasPage } from '../apps/web/e2e/canvas/open-page.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    width: { type: 'string', default: '1920' },
    height: { type: 'string', default: '1080' },
  },
});
const seconds = Number(values.seconds);
const view = { width: Number(values.width), height: Number(values.height) };

type Run = { kind: 'pan' | 'zoom'; intervals: number[]; longTasks: number[] };
type Row = { objects: boolean; kind: 'pan' | 'zoom'; rate: number; p95: number; worst: number; longTasks: number };

const { page, close } = await openCanvasPage(view);
try {
  console.log(`Chromium ${page.context().browser()?.version()}, view ${view.width} × ${view.height}`);
  console.log(`renderer: ${await page.evaluate<string>(rendererScript())}`);
  await page.evaluate('window.page.addCrowd(300, 200, 20)');
  await page.waitForTimeout(1500);
  console.log(
    `raster of all objects in the worker: ${Math.round(await page.evaluate<number>('window.page.canvas.lastRaster()'))} ms`,
  );
  const rows: Row[] = [];
  for (let pair = 0; pair < Number(values.pairs); pair++)
    for (const objects of [false, true]) {
      await page.evaluate(`window.page.desk.store.${objects ? 'redo' : 'undo'}(), window.page.canvas.fit()`);
      // The first pair begins with the objects there.
      if (pair === 0 && objects) await page.waitForTimeout(500);
      await page.waitForTimeout(1000);
      for (const kind of ['pan', 'zoom'] as const) {
        const run = await page.evaluate<Run>(`window.page.gesture('${kind}', ${seconds})`);
        rows.push({ objects, ...rateOf(run) });
        await page.waitForTimeout(300);
      }
    }
  for (const kind of ['pan', 'zoom'] as const) report(kind, rows);
  console.log(
    `load average ${loadavg()
      .map((value) => value.toFixed(1))
      .join(' ')}`,
  );
} finally {
  await close();
}

function report(kind: 'pan' | 'zoom', rows: readonly Row[]): void {
  const of = (objects: boolean): readonly Row[] => rows.filter((row) => row.kind === kind && row.objects === objects);
  const rate = (objects: boolean): number => median(of(objects).map((row) => row.rate));
  const line = (name: string, objects: boolean): string =>
    `${kind} ${name}: ${rate(objects).toFixed(1)} frames/s, p95 ${median(of(objects).map((row) => row.p95)).toFixed(1)} ms, ` +
    `worst ${Math.max(...of(objects).map((row) => row.worst)).toFixed(0)} ms, long tasks ${of(objects).reduce((sum, row) => sum + row.longTasks, 0)}`;
  console.log(line('picture alone ', false));
  console.log(line('with 320 objects', true));
  console.log(`${kind} ratio: ${(rate(true) / rate(false)).toFixed(2)}`);
}

function rateOf({ kind, intervals, longTasks }: Run): Omit<Row, 'objects'> {
  const sorted = intervals.toSorted((a, b) => a - b);
  const sum = intervals.reduce((a, b) => a + b, 0);
  const p95 = sorted[Math.floor(sorted.length * 0.95)]!;
  return { kind, rate: (intervals.length / sum) * 1000, p95, worst: sorted.at(-1)!, longTasks: longTasks.length };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** Runs in the page: what paints. */
function rendererScript(): string {
  return `(() => {
    const gl = document.createElement('canvas').getContext('webgl');
    if (!gl) return 'no WebGL: software';
    const info = gl.getExtension('WEBGL_debug_renderer_info');
    return String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  })()`;
}
