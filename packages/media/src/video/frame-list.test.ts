import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveOptions } from '../options.ts';
import { makeOddVideo } from '../testing/odd-files.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { openContainer, readHeader } from './container.ts';
import { listFrames } from './frame-list.ts';
import { type PacketTable, readPacketTable, startOrdinals } from './packet-table.ts';
import { PictureFinder } from './picture-finder.ts';

const folder = temporaryFolder(beforeAll, afterAll);

test('without timestamps the decoder tells the order, and the decoding times are dealt out', async () => {
  const path = await makeOddVideo(folder.path, 'B-frames in MP4');
  const options = resolveOptions({}, path);
  const container = await openContainer(path, 'mov', options.limits);
  const table = await readPacketTable(path, container, options.limits);
  const finder = new PictureFinder(path, 'mov', container, readHeader(container), table, options);
  const byTime = await listFrames(table, finder, 512);
  const none = new Float64Array(table.count).fill(Number.NaN);
  const untimed: PacketTable = { ...table, pts: none, startOf: startOrdinals(none, table.access) };
  expect((await listFrames(untimed, finder, 512)).packet).toEqual(byTime.packet);
  expect((await listFrames(untimed, finder, 512)).time).toEqual([...table.dts]);
  const nothing = await listFrames({ ...untimed, dts: none }, finder, 512);
  expect(nothing.packet).toEqual(byTime.packet);
  expect(nothing.time.slice(0, 3)).toEqual([0, 512, 1024]);
  await finder.close();
});

test('a leading picture starts one access point earlier, others at their own', () => {
  //               I  P  I  B  B  P   (decode order; the two B are shown before the second I)
  const pts = [0, 1, 4, 2, 3, 5];
  const access = [1, 0, 1, 0, 0, 0];
  expect([...startOrdinals(pts, access)]).toEqual([0, 0, 2, 0, 0, 2]);
});

test('packets before the first access point start at the first packet', () => {
  expect([...startOrdinals([0, 1, 2, 3], [0, 0, 1, 0])]).toEqual([0, 0, 2, 2]);
  expect([...startOrdinals([5, 6, 3, 7], [0, 0, 1, 0])]).toEqual([0, 0, 2, 2]);
});

test('without timestamps one group more is decoded', () => {
  const none = new Array<number>(5).fill(Number.NaN);
  expect([...startOrdinals(none, [1, 0, 1, 0, 0])]).toEqual([0, 0, 2, 0, 0]);
});
