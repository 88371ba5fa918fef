import { expect, test, vi } from 'vitest';
import { toFrame } from '../document/records.ts';
import { evenTable, FrameSource, type Picture, ServerFeeder } from '../frames/index.ts';
import { createView } from '../view/view.ts';
import { showExactPixels } from './exact-pixels.ts';

test('exact pixels come from 400 % on, for the frame at rest, and go with the next frame', async () => {
  vi.useFakeTimers();
  const asked: string[] = [];
  const server = new ServerFeeder({
    load: async (frame, quality) => {
      asked.push(`${frame} ${quality}`);
      return new Blob();
    },
    decode: async () => ({ width: 2, height: 2, close: () => {} }),
  });
  const source = new FrameSource({ table: evenTable(9, 1), first: 0, last: 8, server });
  const view = createView(toFrame(3), 1);
  const picture = (frame: number): Picture => ({
    frame,
    quality: 'preview',
    from: 'server',
    bitmap: { width: 2, height: 2, close: () => {} },
  });
  const stop = showExactPixels(view, source);
  view.setState({ picture: picture(3), zoom: 2 });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual([]);
  view.setState({ zoom: 5 });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual(['3 original']);
  expect(view.getState().picture?.quality).toBe('original');
  view.setState({ frame: toFrame(4), picture: picture(4) });
  view.setState({ frame: toFrame(5), picture: picture(5) });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual(['3 original', '5 original']);
  stop();
  vi.useRealTimers();
});
