export * from './annotations.ts';
export * from './functions.ts';
export * from './installation.ts';
export * from './people.ts';
export * from './tasks.ts';
