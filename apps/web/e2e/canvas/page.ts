// The canvas without the rest of the page, on a document in memory: for tests of tools in a browser and for measurements.
import { mountCanvas } from '../../src/canvas/mount.ts';
import type { Desk } from '../../src/commands/desk.ts';
import { type Geometry, NEW_OBJECT, newUid, toFrame, type Uid } from '../../src/document/records.ts';
import { createDocumentStore } from '../../src/document/store.ts';
import type { ToolOptions } from '../../src/tools/options.ts';
import { Labels, Numbers } from '../../src/view/labels.ts';
import { createSettings } from '../../src/view/settings.ts';
import { createView } from '../../src/view/view.ts';
import { compareMasks, compareRaster, timeBrush } from './checks.ts';
import { crowd } from './crowd.ts';
import { runGesture } from './gestures.ts';
import { paintedFrame } from './picture.ts';

const query = new URLSearchParams(location.search);
const size = { width: Number(query.get('width') ?? 1920), height: Number(query.get('height') ?? 1080) };
const labels = new Labels([
  { id: 1, name: 'person', color: '#ff6a00', type: 'any', attributes: [] },
  { id: 2, name: 'car', color: '#33ddff', type: 'any', attributes: [] },
]);
const store = createDocumentStore();
const view = createView(toFrame(0), 1);
view.setState(({ options }) => ({ options: { ...options, label: 1, color: '#ff6a00' } }));
const notices: string[] = [];
const desk: Desk = {
  store,
  view,
  settings: createSettings(undefined),
  labels,
  numbers: new Numbers(),
  first: toFrame(0),
  last: toFrame(9),
  size,
  readOnly: () => undefined,
  notify: ({ text }) => void notices.push(text),
  goTo: (frame) => view.setState({ frame }),
};

function add(geometries: readonly Geometry[]): readonly Uid[] {
  const made = geometries.map((geometry, i) => ({
    ...NEW_OBJECT,
    uid: newUid(),
    label: 1 + (i % 2),
    kind: 'shape' as const,
    frame: toFrame(0),
    geometry,
    occluded: false,
    z: 0,
    elements: [],
  }));
  store.commit({ name: 'test', frame: toFrame(0), edits: made.map((object) => ({ kind: 'add', object })) });
  return made.map(({ uid }) => uid);
}

async function showPicture(): Promise<void> {
  const bitmap = await paintedFrame(size);
  view.setState({ picture: { frame: 0, quality: 'preview', from: 'server', bitmap } });
}

await showPicture();
const host = document.querySelector<HTMLElement>('#host')!;
const canvas = mountCanvas(host, { desk, openMenu: () => {} });

const page = {
  canvas,
  desk,
  notices,
  add,
  addCrowd: (polygons: number, points: number, masks: number) => add(crowd(polygons, points, masks, size)),
  options: (change: Partial<ToolOptions>) => view.setState(({ options }) => ({ options: { ...options, ...change } })),
  gesture: (kind: 'pan' | 'zoom', seconds: number) => runGesture(host, kind, seconds),
  compareMasks,
  compareRaster,
  timeBrush: (strokes: number) => timeBrush(host, strokes),
  geometries: () => store.visible(view.getState().frame).map(({ geometry }) => geometry),
};
export type TestPage = typeof page;
declare global {
  interface Window {
    page: TestPage;
  }
}
window.page = page;
