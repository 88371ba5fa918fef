export * from './annotations.ts';
export * from './checked.ts';
export * from './imports.ts';
export * from './job-annotations.ts';
export * from './job-events.ts';
export * from './queue.ts';
export * from './resources.ts';
export * from './runs.ts';
