export { type RenderedFrame, renderFrame, trackedActors } from './render.ts';
export { type Actor, type Difficulty, makeScene, type Scene, type SceneOptions } from './scene.ts';
