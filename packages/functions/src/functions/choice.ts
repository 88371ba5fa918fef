import type { HubOptions } from '@roto/model';
import type { FunctionParameters } from './interface.ts';

/** Which function an agent runs. Crosses the process border, so it is plain data. */
export type FunctionChoice =
  /** SAM 2, the tracker that is built in. */
  | { readonly kind: 'sam2'; readonly parameters: FunctionParameters }
  /** A file with a function: absolute path. */
  | { readonly kind: 'file'; readonly path: string; readonly parameters: FunctionParameters }
  /** A module as `import` knows it, seen from `folder`. */
  | {
      readonly kind: 'module';
      readonly name: string;
      readonly folder: string;
      readonly parameters: FunctionParameters;
    };

/** What the built-in function needs of the machine. */
export type ModelEnvironment = {
  readonly hub: HubOptions;
  /** Built graphs are kept here; undefined: nowhere. */
  readonly graphs: string | undefined;
};
