export type * from './contract.ts';
export { inventory, parameterCount } from './weights/inventory.ts';
