import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { BadFunctionError } from '../errors.ts';
import type { FunctionChoice } from './choice.ts';
import type { AutoAnnotationFunction, FunctionParameters } from './interface.ts';
import { checkSpec } from './spec.ts';

const METHODS = { tracker: ['initTrackingState', 'track'], detector: ['detect'], interactor: ['detect'] } as const;

/** Loads somebody's function: runs their code, in this process. Throws BadFunctionError, and what their code throws. */
export async function loadUserFunction(
  choice: Extract<FunctionChoice, { kind: 'file' | 'module' }>,
): Promise<AutoAnnotationFunction> {
  const module = (await import(locate(choice))) as Record<string, unknown>;
  // CommonJS arrives as the default export, and so may a whole function object.
  const exported = [module, module.default].filter(isObject);
  const factory = exported.map((each) => each.create).find((create) => typeof create === 'function');
  const made: unknown = factory
    ? await (factory as (parameters: FunctionParameters) => unknown)(choice.parameters)
    : exported.find((each) => 'spec' in each);
  if (!factory && Object.keys(choice.parameters).length > 0)
    throw new BadFunctionError('function takes no parameters (its module exports no create)');
  if (!isObject(made) || !('spec' in made))
    throw new BadFunctionError("function has no 'spec' (export it, or a create that makes an object with it)");
  const spec = checkSpec(made.spec);
  for (const method of METHODS[spec.kind])
    if (typeof made[method] !== 'function') throw new BadFunctionError(`a ${spec.kind} needs the method ${method}`);
  if (spec.kind === 'tracker' && (made.stateToBytes === undefined) !== (made.stateFromBytes === undefined))
    throw new BadFunctionError('stateToBytes and stateFromBytes belong together; write both or none');
  return made as AutoAnnotationFunction;
}

function locate(choice: Extract<FunctionChoice, { kind: 'file' | 'module' }>): string {
  if (choice.kind === 'file') return pathToFileURL(choice.path).href;
  return pathToFileURL(createRequire(path.join(choice.folder, 'package.json')).resolve(choice.name)).href;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
