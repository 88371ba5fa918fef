import { expect, test } from 'vitest';
import { toFrame } from '../document/records.ts';
import { FrameSource, ServerFeeder, tableOf } from '../frames/index.ts';
import { createView } from '../view/view.ts';
import { Navigator } from './navigator.ts';
import { Playback } from './playback.ts';
import { timeText } from './time-text.ts';

const TIMES = [0, 0.1, 0.2, 0.3, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8];

function set(options: { ready?: (frame: number) => boolean; skipped?: readonly number[] } = {}) {
  const failures = new Map<number, number>();
  const held = new Map<number, () => void>();
  const server = new ServerFeeder({
    load: async (frame) => {
      const left = failures.get(frame) ?? 0;
      failures.set(frame, left - 1);
      if (left > 0) throw new Error('Frame is missing.');
      if (options.ready && !options.ready(frame)) await new Promise<void>((resolve) => held.set(frame, resolve));
      return new Blob();
    },
    decode: async () => ({ width: 2, height: 2, close: () => {} }),
  });
  const source = new FrameSource({ table: tableOf(TIMES), first: 0, last: 9, server });
  const view = createView(toFrame(0), 1);
  const paints: (() => void)[] = [];
  const paint = async () => {
    for (const callback of paints.splice(0)) callback();
    await settle();
  };
  const nextPaint = (callback: () => void) => paints.push(callback);
  const isSkipped = (frame: number) => (options.skipped ?? []).includes(frame);
  const navigator = new Navigator({ source, view, isSkipped, nextPaint, wait: async () => {} });
  let now = 0;
  const playback = new Playback({
    source,
    navigator,
    view,
    isSkipped,
    speed: () => 1,
    everyFrame: () => false,
    now: () => now,
    nextPaint,
    cancelPaint: () => paints.splice(0),
  });
  return { source, view, navigator, playback, paint, held, failures, pass: (ms: number) => (now += ms) };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

test('the number changes together with the picture, never before', async () => {
  const { view, navigator, held } = set({ ready: (frame) => frame !== 5 });
  await navigator.go(0);
  const going = navigator.go(5);
  await settle();
  expect(view.getState()).toMatchObject({ frame: 0, wanted: 5, picture: { frame: 0 } });
  held.get(5)!();
  await going;
  expect(view.getState()).toMatchObject({ frame: 5, wanted: undefined, picture: { frame: 5 } });
});

test('a later jump takes the place of an earlier one, whichever picture comes first', async () => {
  const { view, navigator, held } = set({ ready: (frame) => frame !== 3 });
  const first = navigator.go(3);
  await navigator.go(8);
  await settle();
  held.get(3)?.();
  await first;
  expect(view.getState()).toMatchObject({ frame: 8, wanted: undefined });
});

test('a frame that is missing says why and is asked for again', async () => {
  const { view, navigator, failures } = set();
  failures.set(4, 2);
  const said: unknown[] = [];
  view.subscribe(({ frameError }) => frameError && said.push(frameError));
  await navigator.go(4);
  expect(said.length).toBeGreaterThan(0);
  expect(said[0]).toBe('Frame is missing.');
  expect(view.getState()).toMatchObject({ frame: 4, frameError: undefined });
});

test('a held key goes one frame ahead of what is painted, and no further', async () => {
  const { view, navigator, paint } = set();
  await navigator.go(0);
  await settle();
  await paint();
  navigator.step(1);
  await settle();
  for (let i = 0; i < 20; i++) navigator.step(1, true);
  expect(view.getState().frame).toBe(1);
  await paint();
  await settle();
  expect(view.getState().frame).toBe(2);
  await paint();
  expect(view.getState().frame).toBe(2);
});

test('stepping passes over deleted frames and stops at the ends', async () => {
  const { view, navigator } = set({ skipped: [1, 2, 9] });
  await navigator.go(0);
  navigator.step(1);
  await settle();
  expect(view.getState().frame).toBe(3);
  navigator.step(-1);
  await settle();
  expect(view.getState().frame).toBe(0);
  navigator.step(100);
  await settle();
  expect(view.getState().frame).toBe(0);
});

test('playing follows the times of the source, also where they are uneven', async () => {
  const { view, navigator, playback, paint, pass } = set();
  await navigator.go(0);
  await settle();
  playback.play();
  const shown: [number, number][] = [];
  for (let ms = 0; ms < 2_000; ms += 50) {
    await paint();
    shown.push([ms, view.getState().frame]);
    pass(50);
  }
  for (const [ms, frame] of shown) {
    const due = TIMES.findLastIndex((time) => time <= ms / 1000 + 1e-9);
    expect(Math.abs(frame - due)).toBeLessThanOrEqual(1);
  }
  expect(shown.at(-1)![1]).toBe(9);
  expect(view.getState().playing).toBe(false);
});

test('the clock waits for pictures that do not come', async () => {
  const { view, navigator, playback, paint, pass, held } = set({ ready: (frame) => frame < 3 });
  await navigator.go(0);
  await settle();
  playback.play();
  for (let i = 0; i < 60; i++) {
    await paint();
    pass(50);
  }
  expect(view.getState().frame).toBe(2);
  for (const let_ of held.values()) let_();
  await settle();
  for (let i = 0; i < 8; i++) {
    await paint();
    pass(50);
  }
  expect(view.getState().frame).toBeGreaterThanOrEqual(3);
  expect(view.getState().frame).toBeLessThanOrEqual(5);
});

test('times as text', () => {
  expect(timeText(4.7)).toBe('00:04.70');
  expect(timeText(59.999)).toBe('01:00.00');
  expect(timeText(3_725.5)).toBe('1:02:05.50');
});
