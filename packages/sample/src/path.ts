import type { Random } from './random.ts';

/** Where an actor is at a time: centre in pixels, radius in pixels, turn in radians. */
export type Pose = { readonly x: number; readonly y: number; readonly radius: number; readonly turn: number };
export type Path = (time: number) => Pose;

/** A smooth way through the given stops at equal times over `duration` seconds (Catmull–Rom), with slow turning and breathing. */
export function makePath(
  random: Random,
  stops: readonly (readonly [x: number, y: number])[],
  duration: number,
  radius: number,
): Path {
  const spin = random.between(-0.5, 0.5);
  const start = random.between(0, 2 * Math.PI);
  const breath = random.between(0, 0.18);
  const pace = random.between(0.5, 1.4);
  return (time) => {
    const u = Math.min(Math.max(time / duration, 0), 1) * (stops.length - 1);
    const i = Math.min(Math.floor(u), stops.length - 2);
    const stop = (k: number) => stops[Math.min(Math.max(k, 0), stops.length - 1)]!;
    const along = (axis: 0 | 1) =>
      catmullRom(stop(i - 1)[axis], stop(i)[axis], stop(i + 1)[axis], stop(i + 2)[axis], u - i);
    return {
      x: along(0),
      y: along(1),
      radius: radius * (1 + breath * Math.sin(pace * time)),
      turn: start + spin * time,
    };
  };
}

function catmullRom(a: number, b: number, c: number, d: number, t: number): number {
  return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t);
}
