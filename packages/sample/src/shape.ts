import type { Random } from './random.ts';

/**
 * An outline around the origin, given by its radius in each direction; the mean radius is about 1.
 * `reach(angle, time)` may change with time (seconds), which is how soft objects deform. `hole` is the radius of a
 * round hole in the middle, 0 for none.
 */
export type Shape = {
  readonly reach: (angle: number, time: number) => number;
  readonly hole: number;
  readonly widest: number;
};

export function makeShape(random: Random): Shape {
  const hole = random.chance(0.15) ? random.between(0.25, 0.4) : 0;
  switch (random.pick(['blob', 'blob', 'star', 'box', 'leaf'] as const)) {
    case 'blob': {
      const waves = [2, 3, 4, 5].map((order) => ({
        order,
        strength: random.between(0, 0.45) / order,
        phase: random.between(0, 2 * Math.PI),
        speed: random.between(-1.5, 1.5),
      }));
      const reach = (angle: number, time: number) =>
        waves.reduce(
          (sum, wave) => sum + wave.strength * Math.sin(wave.order * angle + wave.phase + wave.speed * time),
          1,
        );
      return { reach, hole, widest: 1 + waves.reduce((sum, wave) => sum + wave.strength, 0) };
    }
    case 'star': {
      const points = random.whole(4, 7);
      const depth = random.between(0.15, 0.35);
      const speed = random.between(0, 2);
      return {
        reach: (angle, time) => 1 + depth * (0.8 + 0.2 * Math.sin(speed * time)) * Math.cos(points * angle),
        hole,
        widest: 1 + depth,
      };
    }
    case 'box': {
      const aspect = random.between(0.6, 1);
      const reach = (angle: number) =>
        Math.min(1 / Math.abs(Math.cos(angle) + 1e-9), aspect / Math.abs(Math.sin(angle) + 1e-9));
      return { reach, hole, widest: Math.hypot(1, aspect) };
    }
    case 'leaf': {
      const thin = random.between(0.45, 0.8);
      const bend = random.between(0, 0.25);
      const speed = random.between(0.5, 2);
      const reach = (angle: number, time: number) =>
        (thin / Math.sqrt((thin * Math.cos(angle)) ** 2 + Math.sin(angle) ** 2)) *
        (1 + bend * Math.sin(angle + speed * time) * Math.cos(angle));
      return { reach, hole: 0, widest: 1 + bend };
    }
  }
}
