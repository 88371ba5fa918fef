import {
  type AttributeSpec,
  type AttributeValue,
  BadFunctionError,
  type DetectedElement,
  type DetectionAnnotation,
  type LabelSpec,
  type SublabelSpec,
} from '@roto/functions';
import type { Label } from '@roto/wire';
import { type Static, Type } from 'typebox';

const names = Type.Optional(Type.Record(Type.String(), Type.String()));
const SublabelMapping = Type.Object({ name: Type.String(), attributes: names });
/** Which label of the task a label of the function becomes; without `attributes` or `sublabels`, those of the same names. */
export const LabelMapping = Type.Object({
  name: Type.String(),
  attributes: names,
  sublabels: Type.Optional(Type.Record(Type.String(), SublabelMapping)),
});
export type LabelMapping = Static<typeof LabelMapping>;

type RemappedAttribute = { readonly spec_id: number; readonly value: string };
export type RemappedTag = {
  readonly frame: number;
  readonly label_id: number;
  readonly source: 'auto';
  readonly attributes: readonly RemappedAttribute[];
};
export type RemappedShape = RemappedTag & {
  readonly type: string;
  readonly points?: readonly number[];
  readonly rotation?: number;
  readonly occluded?: boolean;
  readonly outside?: boolean;
  readonly z_order?: number;
  readonly group?: number;
  readonly elements?: readonly RemappedShape[];
};

type TaskSublabel = Omit<Label, 'sublabels' | 'task_id'>;
type AttributeTarget = { readonly id: number; readonly accepts: (value: string) => boolean };
type LabelTarget = {
  readonly id: number;
  /** By the function's attribute id; null: not wanted. */
  readonly attributes: ReadonlyMap<number, AttributeTarget | null>;
};
type FullTarget = LabelTarget & {
  readonly type: string;
  readonly sublabels: ReadonlyMap<number, LabelTarget | null>;
  readonly elements: number;
};

/**
 * From the function's labels to the task's: what is not in the mapping is dropped, what the mapping names must be in the
 * task and fit. Throws BadFunctionError, here and when results break a rule.
 */
export function annotationMapper(
  labels: readonly LabelSpec[],
  taskLabels: readonly Label[],
  mapping: Readonly<Record<string, LabelMapping>>,
  convMaskToPoly: boolean,
): (annotations: readonly DetectionAnnotation[], frame: number) => { tags: RemappedTag[]; shapes: RemappedShape[] } {
  const targets = new Map<number, FullTarget | null>(
    labels.map((label) => [label.id, labelTarget(label, taskLabels, mapping[label.name], convMaskToPoly)]),
  );
  return (annotations, frame) => {
    const tags: RemappedTag[] = [];
    const shapes: RemappedShape[] = [];
    for (const annotation of annotations) {
      if (typeof annotation !== 'object' || annotation === null)
        throw new BadFunctionError(`function output an object of type ${typeof annotation}`);
      const what = annotation.type === 'tag' ? 'tag' : 'shape';
      const target = targets.get(annotation.labelId);
      if (target === undefined)
        throw new BadFunctionError(`function output ${what} with unknown label ID (${annotation.labelId})`);
      if (target === null) continue;
      const attributes = remapAttributes(annotation.attributes ?? [], target);
      const base = { frame, label_id: target.id, source: 'auto', attributes } as const;
      if (what === 'tag') {
        if (!compatible('tag', target.type))
          throw new BadFunctionError(`function output tag (expected shape of type '${target.type}')`);
        tags.push(base);
      } else shapes.push(remapShape(annotation, base, target, convMaskToPoly));
    }
    return { tags, shapes };
  };
}

function remapShape(
  annotation: Exclude<DetectionAnnotation, { type: 'tag' }>,
  base: RemappedTag,
  target: FullTarget,
  convMaskToPoly: boolean,
): RemappedShape {
  const shape = annotation as Extract<DetectionAnnotation, { points?: readonly number[] }>;
  const { type, points, rotation, occluded, zOrder, group, elements = [] } = shape;
  if (!compatible(type, target.type))
    throw new BadFunctionError(`function output shape of type '${type}' (expected '${target.type}')`);
  if (type === 'mask' && convMaskToPoly)
    throw new BadFunctionError('function output mask shape despite conv_mask_to_poly=True');
  if (type !== 'skeleton' && elements.length > 0)
    throw new BadFunctionError('function output non-skeleton shape with elements');
  const plain: RemappedShape = {
    ...base,
    type,
    ...(points && { points: numbers(points) }),
    ...(rotation !== undefined && { rotation }),
    ...(occluded !== undefined && { occluded }),
    ...(zOrder !== undefined && { z_order: zOrder }),
    ...(group !== undefined && { group }),
  };
  if (type !== 'skeleton') return plain;
  const seen = new Set<number>();
  const mapped = elements.flatMap((element) => remapElement(element, base.frame, target, seen));
  if (mapped.length !== target.elements)
    throw new BadFunctionError(
      `function output skeleton with fewer elements than expected (${mapped.length} vs ${target.elements})`,
    );
  return { ...plain, elements: mapped };
}

function remapElement(
  { type, labelId, points, occluded, outside, attributes = [] }: DetectedElement,
  frame: number,
  { sublabels }: FullTarget,
  seen: Set<number>,
): RemappedShape[] {
  if (type !== 'points')
    throw new BadFunctionError(`function output skeleton with element type other than 'points' (${type})`);
  const target = sublabels.get(labelId);
  if (target === undefined) throw new BadFunctionError(`function output shape with unknown sublabel ID (${labelId})`);
  if (target === null) return [];
  if (seen.has(target.id))
    throw new BadFunctionError('function output skeleton with multiple elements with same sublabel');
  seen.add(target.id);
  return [
    {
      type,
      frame,
      label_id: target.id,
      source: 'auto',
      points: numbers(points),
      ...(occluded !== undefined && { occluded }),
      ...(outside !== undefined && { outside }),
      attributes: remapAttributes(attributes, target),
    },
  ];
}

function remapAttributes(values: readonly AttributeValue[], { attributes }: LabelTarget): RemappedAttribute[] {
  const seen = new Set<number>();
  return values.flatMap(({ specId, value }) => {
    const target = attributes.get(specId);
    if (target === undefined) throw new BadFunctionError(`function output attribute with unknown ID (${specId})`);
    if (target === null) return [];
    if (seen.has(target.id)) throw new BadFunctionError('function output shape with multiple attributes with same ID');
    seen.add(target.id);
    if (typeof value !== 'string' || !target.accepts(value))
      throw new BadFunctionError(
        `function output attribute value (${JSON.stringify(value)}) that is unsuitable for its attribute (${specId})`,
      );
    return [{ spec_id: target.id, value }];
  });
}

function labelTarget(
  label: LabelSpec,
  taskLabels: readonly Label[],
  mapping: LabelMapping | undefined,
  convMaskToPoly: boolean,
): FullTarget | null {
  const what = `label '${label.name}'`;
  if (!mapping) return null;
  const found = taskLabels.find(({ name }) => name === mapping.name);
  if (!found) throw new BadFunctionError(`${what} is not in dataset`);
  const sublabels = new Map<number, LabelTarget | null>();
  for (const sublabel of label.sublabels ?? [])
    sublabels.set(sublabel.id, sublabelTarget(sublabel, found.sublabels ?? [], mapping, what));
  return {
    ...target(label, found, mapping.attributes, what),
    sublabels,
    type: outputType(label, found, convMaskToPoly),
    elements: found.sublabels?.length ?? 0,
  };
}

function sublabelTarget(
  sublabel: SublabelSpec,
  taskSublabels: readonly TaskSublabel[],
  mapping: LabelMapping,
  what: string,
): LabelTarget | null {
  const which = `sublabel '${sublabel.name}' of ${what}`;
  const entry = mapping.sublabels ? mapping.sublabels[sublabel.name] : { name: sublabel.name };
  if (!entry) return null;
  const found = taskSublabels.find(({ name }) => name === entry.name);
  if (!found) throw new BadFunctionError(`${which} is not in dataset`);
  return target(sublabel, found, (entry as { attributes?: Record<string, string> }).attributes, which);
}

function target(
  label: SublabelSpec,
  found: TaskSublabel,
  renamed: Readonly<Record<string, string>> | undefined,
  what: string,
): LabelTarget {
  const attributes = new Map<number, AttributeTarget | null>();
  for (const attribute of label.attributes ?? []) {
    const which = `attribute '${attribute.name}' of ${what}`;
    const name = renamed ? renamed[attribute.name] : attribute.name;
    if (name === undefined) {
      attributes.set(attribute.id, null);
      continue;
    }
    const there = found.attributes?.find((each) => each.name === name);
    if (!there || there.id === undefined) throw new BadFunctionError(`${which} is not in dataset`);
    if (there.input_type !== attribute.inputType)
      throw new BadFunctionError(
        `${which} has input type '${attribute.inputType}' in the function, but '${there.input_type}' in the dataset`,
      );
    if (!sameValues(attribute, there.values))
      throw new BadFunctionError(
        `${which} has values ${JSON.stringify(attribute.values)} in the function, but ${JSON.stringify(there.values)} in the dataset`,
      );
    attributes.set(attribute.id, { id: there.id, accepts: (value) => accepts(attribute, value) });
  }
  return { id: found.id, attributes };
}

function sameValues({ inputType, values }: AttributeSpec, there: readonly string[]): boolean {
  if (inputType === 'text' || inputType === 'checkbox') return true;
  if (inputType === 'number') return JSON.stringify(values) === JSON.stringify(there);
  return JSON.stringify([...values].sort()) === JSON.stringify([...there].sort());
}

function accepts({ inputType, values }: AttributeSpec, value: string): boolean {
  switch (inputType) {
    case 'text':
      return true;
    case 'checkbox':
      return value === 'true' || value === 'false';
    case 'number': {
      const [least, most, step] = values.map(Number) as [number, number, number];
      const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : Number.NaN;
      const steps = (number - least) / step;
      return number >= least && number <= most && Math.abs(steps - Math.round(steps)) < 1e-6;
    }
    default:
      return values.includes(value);
  }
}

function outputType(label: LabelSpec, found: Label, convMaskToPoly: boolean): string {
  const there = found.type ?? 'any';
  let type = label.type ?? 'any';
  if (type === 'any') return there;
  if (convMaskToPoly && type === 'mask') type = 'polygon';
  if (!compatible(type, there))
    throw new BadFunctionError(
      `label '${label.name}' has type '${type}' in the function, but '${there}' in the dataset`,
    );
  return type;
}

function compatible(from: string, to: string): boolean {
  return to === 'any' || from === to;
}

function numbers(points: readonly number[]): readonly number[] {
  if (!Array.isArray(points) || points.some((value) => typeof value !== 'number' || !Number.isFinite(value)))
    throw new BadFunctionError('function output a shape whose points are not finite numbers');
  return points;
}
