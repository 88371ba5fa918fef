export * from './checked.ts';
export * from './queue.ts';
export * from './resources.ts';
export * from './runs.ts';
