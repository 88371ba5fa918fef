import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveOptions } from '../options.ts';
import { makeOddVideo } from '../testing/odd-files.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { openContainer, readHeader } from './container.ts';
import { listFrames } from './frame-list.ts';
import { decodeOutput } from './output-order.ts';
import { PacketCursor } from './packet-cursor.ts';
import { type PacketTable, readPacketTable, startOrdinals } from './packet-table.ts';

const folder = temporaryFolder(beforeAll, afterAll);

test('without timestamps the decoder tells the order, and the decoding times are dealt out', async () => {
  const path = await makeOddVideo(folder.path, 'B-frames in MP4');
  const options = resolveOptions({}, path);
  const container = await openContainer(path, 'mov', options.limits);
  const header = readHeader(container);
  const table = await readPacketTable(path, container, options.limits);
  const cursor = new PacketCursor(path, 'mov', container, table, () => openContainer(path, 'mov', options.limits));
  let decoded = 0;
  const decode = async (): Promise<readonly number[]> => {
    decoded++;
    return (await decodeOutput(path, header, cursor, options)).order;
  };
  const deciding = { decode, reorders: true, interval: 512 };
  const byTime = await listFrames(table, deciding);
  expect(byTime.timing).toEqual({ order: 'times', times: 'container' });
  expect(decoded).toBe(0);
  const none = new Float64Array(table.count).fill(Number.NaN);
  const untimed: PacketTable = { ...table, pts: none };
  expect((await listFrames(untimed, deciding)).packet).toEqual(byTime.packet);
  expect((await listFrames(untimed, deciding)).time).toEqual([...table.dts]);
  const nothing = await listFrames({ ...untimed, dts: none }, deciding);
  expect(nothing.packet).toEqual(byTime.packet);
  expect(nothing.time.slice(0, 3)).toEqual([0, 512, 1024]);
  expect(nothing.timing).toEqual({ order: 'decoder', times: 'rate' });
  const copied = await listFrames({ ...table, pts: table.dts }, deciding);
  expect(copied.packet).toEqual(byTime.packet);
  expect(copied.timing).toEqual({ order: 'decoder', times: 'sorted' });
  header.parameters.free();
  await cursor.close();
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
