import { makePath, type Path } from './path.ts';
import { type Random, random as seeded } from './random.ts';
import { makeShape, type Shape } from './shape.ts';
import { makeTexture, type Texture } from './texture.ts';

/** plain: objects that look different, pass behind others, one leaves and returns. hard: twins that cross, full occlusion. */
export type Difficulty = 'plain' | 'hard';

export type Actor = {
  readonly name: string;
  /** False for things that only hide others. */
  readonly tracked: boolean;
  readonly shape: Shape;
  readonly texture: Texture;
  /** Texture pixels per radius. */
  readonly grain: number;
  readonly path: Path;
};

export type Scene = {
  readonly seed: number;
  readonly difficulty: Difficulty;
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  readonly frameRate: number;
  readonly background: Texture;
  /** Texture pixels per picture pixel. */
  readonly backgroundGrain: number;
  /** Offset of the background in pixels, and its magnification. */
  readonly camera: (time: number) => { x: number; y: number; zoom: number };
  /** Brightness as a factor. */
  readonly light: (time: number) => number;
  /** Drawn in this order: later ones hide earlier ones. */
  readonly actors: readonly Actor[];
};

export type SceneOptions = {
  readonly seed?: number;
  readonly difficulty?: Difficulty;
  readonly width?: number;
  readonly height?: number;
  readonly frameCount?: number;
  readonly frameRate?: number;
};

/** The whole clip as a value, made from a seed alone. */
export function makeScene(options: SceneOptions = {}): Scene {
  const { seed = 1, difficulty = 'plain', width = 1280, height = 720, frameCount = 120, frameRate = 15 } = options;
  const random = seeded(seed * 7919 + (difficulty === 'hard' ? 104729 : 0));
  const duration = frameCount / frameRate;
  const side = Math.min(width, height);
  const pan = {
    x: random.between(-40, 40),
    y: random.between(-20, 20),
    sway: random.between(0, 25),
    pace: random.between(0.3, 0.9),
  };
  const zoom = random.between(-0.02, 0.02);
  const flicker = random.between(0, 0.12);
  const stage = { random, width, height, side, duration };
  return {
    seed,
    difficulty,
    width,
    height,
    frameCount,
    frameRate,
    background: makeTexture(random, 512, random.between(0.25, 0.6)),
    backgroundGrain: random.between(0.5, 1.1) * (720 / side),
    camera: (t) => ({
      x: (pan.x * t + pan.sway * Math.sin(pan.pace * t)) * (side / 720),
      y: (pan.y * t + pan.sway * Math.cos(pan.pace * t)) * (side / 720),
      zoom: 1 + zoom * t,
    }),
    light: (t) => 1 + flicker * Math.sin(1.7 * t + 0.5),
    actors: difficulty === 'hard' ? hardActors(stage) : plainActors(stage),
  };
}

type Stage = { random: Random; width: number; height: number; side: number; duration: number };
type Stop = readonly [number, number];

function plainActors(stage: Stage): Actor[] {
  const { random, width, height, side, duration } = stage;
  // Each object starts in a column of its own, so that all are in full sight on frame 0.
  const columns = shuffled(random, [0.17, 0.5, 0.83]);
  const objects = columns.map((column, i) => {
    const radius = side * random.between(0.08, 0.16);
    const start: Stop = [width * column, height * random.between(0.3, 0.7)];
    const stops = [start, ...Array.from({ length: 3 }, () => somewhere(stage))];
    if (i === 0) {
      // Leaves through the nearer side in the second third and comes back.
      const away: Stop = [column < 0.5 ? -radius * 2.2 : width + radius * 2.2, height * random.between(0.3, 0.7)];
      stops.splice(
        1,
        3,
        away,
        [width * (column < 0.5 ? 0.2 : 0.8), height * random.between(0.3, 0.7)],
        somewhere(stage),
      );
    }
    return actor(stage, `object ${i + 1}`, radius, makePath(random, stops, duration, radius));
  });
  // Between two columns, so that it hides nothing on frame 0.
  const post = occluder(stage, random.between(0, 1) < 0.5 ? 0.335 : 0.665, side * random.between(0.05, 0.08));
  // The post stands in front of the first two objects and behind the third.
  return [objects[0]!, objects[1]!, post, objects[2]!];
}

function hardActors(stage: Stage): Actor[] {
  const { random, width, height, side, duration } = stage;
  const radius = side * random.between(0.09, 0.13);
  const texture = makeTexture(random, 256, 0.7);
  const shape = makeShape(random);
  const grain = random.between(90, 150);
  const low = height * random.between(0.55, 0.7);
  const high = height * random.between(0.3, 0.45);
  const twins = [
    [
      [width * 0.15, high],
      [width * 0.4, low],
      [width * 0.65, high],
      [width * 0.85, low],
    ],
    [
      [width * 0.85, low],
      [width * 0.62, high],
      [width * 0.38, low],
      [width * 0.15, high],
    ],
  ] as const;
  const twinActors = twins.map((stops, i): Actor => {
    return {
      name: `twin ${i + 1}`,
      tracked: true,
      shape,
      texture,
      grain,
      path: makePath(random, stops, duration, radius),
    };
  });
  // Passes wholly behind the wall.
  const hiddenRadius = side * random.between(0.07, 0.09);
  // Below the first twin, which would cover its start.
  const row = height * random.between(0.78, 0.86);
  const crossing: Stop[] = [
    [width * 0.1, row],
    [width * 0.35, row],
    [width * 0.65, row],
    [width * 0.9, row],
  ];
  const hidden = actor(stage, 'hidden', hiddenRadius, makePath(random, crossing, duration, hiddenRadius));
  return [hidden, occluder(stage, 0.5, hiddenRadius * 1.9), ...twinActors];
}

function actor({ random }: Stage, name: string, radius: number, path: Path): Actor {
  return {
    name,
    tracked: true,
    shape: makeShape(random),
    texture: makeTexture(random, 256, random.between(0.5, 0.9)),
    grain: Math.max(radius, random.between(70, 150)),
    path,
  };
}

/** An upright post at a fraction of the width, as high as the picture, that hides what passes behind it. */
function occluder({ random, width, height }: Stage, at: number, halfWidth: number): Actor {
  const reach = (angle: number) =>
    Math.min(halfWidth / Math.abs(Math.cos(angle) + 1e-9), height / Math.abs(Math.sin(angle) + 1e-9));
  return {
    name: 'post',
    tracked: false,
    shape: { reach, hole: 0, widest: Math.hypot(halfWidth, height) },
    texture: makeTexture(random, 256, 0.4),
    grain: 1,
    path: () => ({ x: width * at, y: height / 2, radius: 1, turn: 0 }),
  };
}

function somewhere({ random, width, height }: Stage): Stop {
  return [width * random.between(0.15, 0.85), height * random.between(0.2, 0.8)];
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const left = [...items];
  return Array.from(items, () => left.splice(random.whole(0, left.length - 1), 1)[0]!);
}
