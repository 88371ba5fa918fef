import { SingleBar } from 'cli-progress';
import type { Io } from './io.ts';
import { duration, printable, say } from './print.ts';

/** How far something is: a bar on a terminal, now and then a line elsewhere. */
export type Progress = {
  update(done: number): void;
  stop(): void;
};

/** Without a terminal a line is written this often, and so none for what is over soon. */
const LINE_MS = 10_000;

/** The speed shown is that of the last seconds, so that a slow start does not spoil the forecast. */
const WINDOW_MS = 5_000;

export function startProgress(io: Io, what: string, total: number, unit: string, start = 0): Progress {
  const speed = createSpeed(start);
  const describe = (done: number): string => {
    const perSecond = speed.add(done);
    if (!(perSecond > 0)) return '';
    return `${perSecond.toFixed(perSecond < 10 ? 2 : 1)} ${unit}/s, ${duration((total - done) / perSecond)} left`;
  };
  return io.stderr.isTTY ? bar(io, what, total, start, describe) : lines(io, what, total, unit, describe);
}

function bar(io: Io, what: string, total: number, start: number, describe: (done: number) => string): Progress {
  const single = new SingleBar({
    // The bar itself needs a stream; a terminal is one.
    stream: io.stderr as unknown as NodeJS.WritableStream,
    format: `${printable(what)} [{bar}] {value}/{total} {speed}`,
    barsize: 24,
    hideCursor: true,
    gracefulExit: false,
    forceRedraw: true,
    linewrap: true,
  });
  single.start(total, start, { speed: '' });
  return {
    update: (done) => single.update(done, { speed: describe(done) }),
    stop: () => single.stop(),
  };
}

function lines(io: Io, what: string, total: number, unit: string, describe: (done: number) => string): Progress {
  const began = performance.now();
  let toldAt = began;
  return {
    update(done) {
      const speed = describe(done);
      const now = performance.now();
      const isEnd = done === total && toldAt !== began;
      if (now - toldAt < LINE_MS && !isEnd) return;
      toldAt = now;
      say(io, `${printable(what)} ${done}/${total} ${unit}${speed ? `, ${speed}` : ''}`);
    },
    stop() {},
  };
}

function createSpeed(start: number): { add(done: number): number } {
  const points = [{ at: performance.now(), done: start }];
  return {
    add(done) {
      points.push({ at: performance.now(), done });
      const last = points.at(-1)!;
      while (points.length > 2 && last.at - points[1]!.at > WINDOW_MS) points.shift();
      const first = points[0]!;
      return last.at > first.at ? ((last.done - first.done) * 1000) / (last.at - first.at) : 0;
    },
  };
}
