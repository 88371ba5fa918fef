import { ATTRIBUTE_INPUTS, LABEL_TYPES, type LabelAttribute, type LabelType } from '@roto/annotations';
import type { AttributeInput, LabelInput } from '@roto/wire';
import { badRequest } from '../http/errors.ts';
import { svgProblem } from './skeleton-svg.ts';

/** An attribute with all that it needs. */
export type AttributeSpec = {
  readonly name: string;
  readonly mutable: boolean;
  readonly inputType: LabelAttribute['input_type'];
  readonly defaultValue: string;
  readonly values: readonly string[];
};

/** A new label with all that it needs; color '' means: choose one. */
export type LabelSpec = {
  readonly name: string;
  readonly color: string;
  readonly type: LabelType;
  readonly svg: string | null;
  readonly attributes: readonly AttributeSpec[];
  readonly sublabels: readonly LabelSpec[];
};

/** Throws HttpError 400 that names the label and what is wrong with it. */
export function toLabelSpec(input: LabelInput, parent?: string): LabelSpec {
  const name = checkName(input.name, parent ? `A part of the skeleton ${quote(parent)}` : 'A label');
  const type = checkType(input.type, name, parent ? 'points' : 'any');
  const sublabels = (input.sublabels ?? []).map((part) => toLabelSpec(part, name));
  if (type === 'skeleton') {
    if (parent) throw problem(name, `is a part of the skeleton ${quote(parent)} and cannot be a skeleton itself`);
    if (sublabels.length === 0) throw problem(name, 'is a skeleton and needs sublabels, one for each of its points');
    checkUnique(
      sublabels.map((part) => part.name),
      (twice) => problem(name, `has two sublabels of the name ${quote(twice)}`),
    );
  } else if (sublabels.length > 0) {
    throw problem(name, `has sublabels, and only a skeleton may; its type is ${type}`);
  }
  const attributes = (input.attributes ?? []).map((attribute) => toAttributeSpec(attribute, name));
  checkUnique(
    attributes.map((attribute) => attribute.name),
    (twice) => problem(name, `has two attributes of the name ${quote(twice)}`),
  );
  return {
    name,
    color: checkColor(input.color, name),
    type,
    svg: type === 'skeleton' ? checkSvg(input.svg ?? '', name) : null,
    attributes,
    sublabels,
  };
}

export function toAttributeSpec(input: AttributeInput, label: string): AttributeSpec {
  const name = checkName(input.name, `An attribute of the label ${quote(label)}`);
  const inputType = ATTRIBUTE_INPUTS.find((type) => type === (input.input_type ?? 'text'));
  const wrong = (what: string) => problem(label, `has an attribute ${quote(name)} that ${what}`);
  if (!inputType)
    throw wrong(`has the input type ${quote(input.input_type ?? '')}; use one of ${ATTRIBUTE_INPUTS.join(', ')}`);
  const values = input.values ?? [];
  let defaultValue = input.default_value ?? '';
  if (inputType === 'select' || inputType === 'radio') {
    if (values.length === 0) throw wrong(`is a choice without values`);
    checkUnique(values, (twice) => wrong(`has the value ${quote(twice)} twice`));
    if (defaultValue === '') defaultValue = values[0]!;
    if (!values.includes(defaultValue))
      throw wrong(`has the default ${quote(defaultValue)}, which is none of its values`);
  }
  if (inputType === 'checkbox') {
    if (defaultValue === '') defaultValue = 'false';
    if (!/^(true|false)$/i.test(defaultValue)) throw wrong(`is a checkbox whose default is neither true nor false`);
    defaultValue = defaultValue.toLowerCase();
  }
  if (inputType === 'number') {
    const [least, most, step] = values.map(Number);
    if (values.length !== 3 || !(least! <= most!) || !(step! > 0)) {
      throw wrong('is a number, whose values must be its least, its most and its step');
    }
    if (defaultValue === '') defaultValue = values[0]!;
    const value = Number(defaultValue);
    if (!(value >= least! && value <= most!))
      throw wrong(`has the default ${quote(defaultValue)}, outside of its range`);
  }
  return { name, mutable: input.mutable ?? false, inputType, defaultValue, values };
}

export function checkName(name: string | undefined, what: string): string {
  const trimmed = name?.trim() ?? '';
  if (trimmed === '') throw badRequest('labels', `${what} has no name.`);
  return trimmed;
}

export function checkType(type: string | undefined, label: string, otherwise: LabelType): LabelType {
  const known = LABEL_TYPES.find((known) => known === (type || otherwise));
  if (!known) throw problem(label, `has the type ${quote(type ?? '')}; use one of ${LABEL_TYPES.join(', ')}`);
  return known;
}

/** '' where none is given. */
export function checkColor(color: string | undefined, label: string): string {
  if (!color) return '';
  if (!/^#[0-9a-f]{6}$/i.test(color)) throw problem(label, `has the color ${quote(color)}; write it as #rrggbb`);
  return color.toLowerCase();
}

export function checkSvg(svg: string, label: string): string {
  const wrong = svgProblem(svg.trim());
  if (wrong) throw problem(label, `has a drawing (svg) ${wrong}`);
  return svg.trim();
}

export function checkUnique(names: readonly string[], error: (twice: string) => Error): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw error(name);
    seen.add(name);
  }
}

export const problem = (label: string, what: string) => badRequest('labels', `The label ${quote(label)} ${what}.`);
const quote = (text: string) => `"${text}"`;
