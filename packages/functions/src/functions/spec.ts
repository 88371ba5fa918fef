import { SHAPE_TYPES } from '@roto/annotations';
import type { AnnotationFunction } from '@roto/wire';
import { AgentError, BadFunctionError } from '../errors.ts';
import type {
  AttributeSpec,
  DetectionFunctionSpec,
  FunctionSpec,
  InteractionFunctionSpec,
  LabelSpec,
  SublabelSpec,
  TrackingFunctionSpec,
} from './interface.ts';

/** The spec of somebody's function, checked. Throws BadFunctionError. */
export function checkSpec(spec: unknown): FunctionSpec {
  if (typeof spec !== 'object' || spec === null) throw new BadFunctionError("function has no 'spec' object");
  const { kind } = spec as { kind?: unknown };
  if (kind === 'tracker') return checkTracker(spec as TrackingFunctionSpec);
  if (kind === 'detector') return checkDetector(spec as DetectionFunctionSpec);
  if (kind === 'interactor') return checkInteractor(spec as InteractionFunctionSpec);
  throw new BadFunctionError(`spec.kind is ${JSON.stringify(kind)}; it must be 'tracker', 'detector' or 'interactor'`);
}

function checkTracker(spec: TrackingFunctionSpec): TrackingFunctionSpec {
  const types = spec.supportedShapeTypes;
  const known: readonly string[] = [...SHAPE_TYPES, 'cuboid'];
  if (!Array.isArray(types) || types.length === 0)
    throw new BadFunctionError('spec.supportedShapeTypes must be a list with at least one type');
  const odd = types.find((type) => !known.includes(type));
  if (odd !== undefined)
    throw new BadFunctionError(`spec.supportedShapeTypes has ${JSON.stringify(odd)}; known are ${known.join(', ')}`);
  return { kind: 'tracker', supportedShapeTypes: [...new Set(types)].sort() };
}

function checkDetector(spec: DetectionFunctionSpec): DetectionFunctionSpec {
  if (!Array.isArray(spec.labels)) throw new BadFunctionError('spec.labels must be a list');
  checkIds(spec.labels, 'label');
  for (const label of spec.labels as readonly LabelSpec[]) {
    const what = `label ${JSON.stringify(label.name)}`;
    checkLabel(label, what);
    const { sublabels = [] } = label;
    if (sublabels.length === 0) continue;
    if (label.type !== 'skeleton')
      throw new BadFunctionError(
        `${what} with sublabels has type ${JSON.stringify(label.type ?? 'any')} (should be "skeleton")`,
      );
    checkIds(sublabels, `sublabel of ${what}`);
    for (const sublabel of sublabels) {
      const which = `sublabel ${JSON.stringify(sublabel.name)} of ${what}`;
      if (sublabel.type !== undefined && sublabel.type !== 'points')
        throw new BadFunctionError(`${which} has type ${JSON.stringify(sublabel.type)} (should be "points")`);
      checkLabel(sublabel, which);
    }
  }
  return { kind: 'detector', labels: spec.labels };
}

function checkLabel({ name, attributes = [] }: SublabelSpec, what: string): void {
  if (typeof name !== 'string' || name === '') throw new BadFunctionError(`${what} has no name`);
  checkIds(attributes, `attribute of ${what}`);
  for (const attribute of attributes) {
    if (!Array.isArray(attribute.values) || attribute.values.some((value) => typeof value !== 'string'))
      throw new BadFunctionError(`attribute ${JSON.stringify(attribute.name)} of ${what} has invalid values`);
  }
}

function checkIds(list: readonly { readonly id: number; readonly name: string }[], what: string): void {
  const seen = new Set<number>();
  for (const { id, name } of list) {
    if (!Number.isInteger(id)) throw new BadFunctionError(`${what} ${JSON.stringify(name)} has no whole number as id`);
    if (seen.has(id)) throw new BadFunctionError(`${what} ${JSON.stringify(name)} has the id ${id} of another one`);
    seen.add(id);
  }
}

function checkInteractor(spec: InteractionFunctionSpec): InteractionFunctionSpec {
  const { minPosPoints, minNegPoints = null, minBoundingBoxes = null } = spec;
  if (!Number.isInteger(minPosPoints) || minPosPoints < 0)
    throw new BadFunctionError('spec.minPosPoints must be a whole number from 0 on');
  if (minNegPoints !== null && !(Number.isInteger(minNegPoints) && minNegPoints >= 0))
    throw new BadFunctionError('spec.minNegPoints must be null or a whole number from 0 on');
  if (minBoundingBoxes !== null && minBoundingBoxes !== 0 && minBoundingBoxes !== 1)
    throw new BadFunctionError('spec.minBoundingBoxes must be null, 0 or 1');
  return { kind: 'interactor', minPosPoints, minNegPoints, minBoundingBoxes };
}

/** What is posted to make the function on the server, next to its name. */
export function remoteFields(spec: FunctionSpec): { readonly kind: string; readonly [key: string]: unknown } {
  switch (spec.kind) {
    case 'tracker':
      return { kind: 'tracker', supported_shape_types: [...spec.supportedShapeTypes].sort() };
    case 'detector':
      return {
        kind: 'detector',
        labels_v2: spec.labels.map((label) => ({
          ...remoteLabel(label),
          ...(label.sublabels?.length && { sublabels: label.sublabels.map(remoteSublabel) }),
        })),
      };
    case 'interactor':
      return {
        kind: 'interactor',
        min_pos_points: spec.minPosPoints,
        ...(spec.minNegPoints !== null && { min_neg_points: spec.minNegPoints }),
        ...(spec.minBoundingBoxes === 0 && { startswith_box_optional: true }),
        ...(spec.minBoundingBoxes === 1 && { startswith_box: true }),
      };
  }
}

function remoteSublabel(label: SublabelSpec) {
  return remoteLabel({ type: 'points', ...label });
}

function remoteLabel({ name, type = 'any', attributes = [] }: SublabelSpec) {
  return {
    name,
    attributes: attributes.map((each) => ({ name: each.name, input_type: each.inputType, values: each.values })),
    ...(type !== 'any' && { type }),
  };
}

/** Whether the function at hand can serve the one on the server (contract 4.7). Throws AgentError that says why not. */
export function checkCompatible(remote: AnnotationFunction, spec: FunctionSpec): void {
  if (remote.provider !== 'native')
    throw new AgentError(
      `Function #${remote.id} has provider '${remote.provider}'. Agents can only be run for functions with provider 'native'.`,
    );
  const problem = mismatch(remote, spec);
  if (problem) throw new AgentError(`Function #${remote.id} is incompatible with function object: ${problem}`);
}

function mismatch(remote: AnnotationFunction, spec: FunctionSpec): string | undefined {
  if (remote.kind !== spec.kind) return `kind is '${remote.kind}' (expected '${spec.kind}').`;
  switch (spec.kind) {
    case 'tracker': {
      if (!remote.supported_shape_types) return 'the server does not say which shape types it has.';
      const odd = remote.supported_shape_types.filter((type) => !spec.supportedShapeTypes.includes(type));
      return odd.length === 0
        ? undefined
        : `the function object does not support the following shape types: ${odd.map((type) => `'${type}'`).join(', ')}`;
    }
    case 'detector':
      return detectorMismatch((remote.labels_v2 ?? []) as readonly RemoteLabel[], spec);
    case 'interactor':
      return interactorMismatch(remote, spec);
  }
}

type RemoteLabel = {
  readonly name: string;
  readonly type?: string;
  readonly attributes?: readonly { name: string; input_type: string; values: readonly string[] }[];
  readonly sublabels?: readonly RemoteLabel[];
};

function detectorMismatch(remote: readonly RemoteLabel[], spec: DetectionFunctionSpec): string | undefined {
  for (const label of remote) {
    const what = `label '${label.name}'`;
    const local = spec.labels.find(({ name }) => name === label.name);
    const problem = labelMismatch(label, local, what);
    if (problem) return problem;
    for (const sublabel of label.sublabels ?? []) {
      const found = local!.sublabels?.find(({ name }) => name === sublabel.name);
      const odd = labelMismatch(
        sublabel,
        found && { type: 'points', ...found },
        `sublabel '${sublabel.name}' of ${what}`,
      );
      if (odd) return odd;
    }
  }
  return undefined;
}

function labelMismatch(remote: RemoteLabel, local: SublabelSpec | undefined, what: string): string | undefined {
  if (!local) return `${what} is not supported.`;
  if (typeof remote.type !== 'string' || !Array.isArray(remote.attributes))
    return `${what} comes from the server without type or attributes.`;
  const type = local.type ?? 'any';
  if (remote.type !== 'any' && remote.type !== 'unknown' && remote.type !== type)
    return `${what} has type '${remote.type}', but the function object declares type '${type}'.`;
  for (const attribute of remote.attributes) {
    const which = `attribute '${attribute.name}' of ${what}`;
    const found: AttributeSpec | undefined = local.attributes?.find(({ name }) => name === attribute.name);
    if (!found) return `${which} is not supported.`;
    if (attribute.input_type !== found.inputType)
      return `${which} has input type '${attribute.input_type}', but the function object declares input type '${found.inputType}'.`;
    if (JSON.stringify(attribute.values) !== JSON.stringify(found.values))
      return `${which} has values ${JSON.stringify(attribute.values)}, but the function object declares values ${JSON.stringify(found.values)}.`;
  }
  return undefined;
}

function interactorMismatch(remote: AnnotationFunction, spec: InteractionFunctionSpec): string | undefined {
  const {
    min_pos_points: pos,
    min_neg_points: neg,
    startswith_box: box,
    startswith_box_optional: optionalBox,
  } = remote;
  if (pos === undefined || neg === undefined || box === undefined || optionalBox === undefined)
    return 'the server does not say which prompts it has.';
  if (pos < spec.minPosPoints)
    return `the remote function allows prompts with ${pos} positive point(s), but the function object requires at least ${spec.minPosPoints}`;
  const least = spec.minNegPoints ?? null;
  if (neg >= 0) {
    if (least === null)
      return 'the remote function allows prompts with negative points, but the function object does not';
    if (neg < least)
      return `the remote function allows prompts with ${neg} negative point(s), but the function object requires at least ${least}`;
  } else if (least !== null && least !== 0)
    return `the remote function does not allow prompts with negative points, but the function object requires at least ${least}`;
  const boxes = spec.minBoundingBoxes ?? null;
  if (boxes === null && (box || optionalBox))
    return 'the remote function allows prompts with bounding boxes, but the function object does not';
  if (boxes === 1 && !box)
    return 'the remote function does not require bounding boxes in prompts, but the function object does';
  return undefined;
}
