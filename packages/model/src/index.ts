export type * from './contract.ts';
export type { PublishedSize, Sam2Architecture } from './weights/architecture.ts';
export { poolBlocks, publishedArchitecture, publishedTrunks, stageOfBlock } from './weights/architecture.ts';
export { inventory, parameterCount } from './weights/inventory.ts';
