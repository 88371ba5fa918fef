import { AnnotationError } from '../errors.ts';
import type { AttributeValue } from '../labeled/labeled-data.ts';
import type { Label, LabelAttribute, LabelType } from '../labeled/labels.ts';

type OpenLabel = Label & { readonly attributes: LabelAttribute[]; readonly sublabels: Label[] };

export type LabelBookOptions = {
  /** The task's names of labels that the file calls otherwise. */
  readonly map?: ReadonlyMap<string, string>;
  /** Enter names that the task does not have, with ids that it does not use. */
  readonly create?: boolean;
};

/**
 * Labels by the names that files use. A closed book holds those of the task, and throws 'unknown-label' for any other; an open
 * one, for a reader that was given none or may create some, enters every name that it is asked for.
 */
export class LabelBook {
  readonly labels: Label[];
  readonly #isOpen: boolean;
  readonly #map: ReadonlyMap<string, string>;
  readonly #given: ReadonlySet<Label>;
  readonly #givenParts: ReadonlySet<Label>;
  /** Labels as the file describes them, for the case that they are entered. */
  readonly #described = new Map<string, Label>();
  #lastId: number;

  constructor(labels?: readonly Label[], { map = new Map(), create = false }: LabelBookOptions = {}) {
    this.#isOpen = labels === undefined || create;
    this.#map = map;
    this.labels = [...(labels ?? [])];
    this.#given = new Set(this.labels);
    this.#givenParts = new Set(this.labels.flatMap(({ sublabels }) => sublabels));
    this.#lastId = greatestId(this.labels);
    for (const name of map.values())
      if (labels && !create && !this.labels.some((label) => label.name === name))
        throw new AnnotationError(
          'unknown-label',
          `The label "${name}", to which the labels of the file are mapped, is none of the task's: ${namesOf(this.labels)}.`,
        );
  }

  /** Labels that were entered, in this order. */
  get added(): readonly Label[] {
    return this.labels.filter((label) => !this.#given.has(label));
  }

  /** What the file says of its labels: the form in which one is entered. */
  describe(labels: readonly Label[]): void {
    for (const label of labels) this.#described.set(label.name, label);
  }

  /** `where` names file and place in an error. */
  label(name: string, where: string, type: LabelType = 'any'): Label {
    return this.#find(this.labels, this.#map.get(name) ?? name, where, 'The task', type, this.#isOpen);
  }

  /** A point of a skeleton. */
  part(whole: Label, name: string, where: string): Label {
    const isOpen = this.#isOpen && !this.#given.has(whole);
    return this.#find(whole.sublabels as Label[], name, where, `The skeleton "${whole.name}"`, 'points', isOpen);
  }

  /** Whether attributes of any name may be given to the label. */
  takesAttributes(label: Label): boolean {
    return this.#isOpen && !this.#given.has(label) && !this.#givenParts.has(label);
  }

  /** Values by name, as the values of the label's attributes. */
  attributes(label: Label, values: readonly { name: string; value: string }[], where: string): AttributeValue[] {
    return values.map(({ name, value }) => {
      const known = label.attributes.find((attribute) => attribute.name === name);
      if (known) return { spec_id: known.id, value };
      if (!this.takesAttributes(label))
        throw new AnnotationError(
          'unknown-label',
          `${where}: the label "${label.name}" has no attribute "${name}"; add it to the label, or take it out of the file.`,
        );
      const added: LabelAttribute = {
        id: ++this.#lastId,
        name,
        mutable: true,
        input_type: 'text',
        default_value: '',
        values: [],
      };
      (label as OpenLabel).attributes.push(added);
      return { spec_id: added.id, value };
    });
  }

  #find(labels: Label[], name: string, where: string, owner: string, type: LabelType, isOpen: boolean): Label {
    const known = labels.find((label) => label.name === name) ?? composedAlike(labels, name);
    if (known) return known;
    if (!isOpen)
      throw new AnnotationError(
        'unknown-label',
        `${where}: ${owner} has no label "${name}", only ${namesOf(labels)}; add it, or rename it in the file, or import with it mapped (--label-map) or created (--create-labels).`,
      );
    const added = this.#entered(this.#described.get(name) ?? { name, type });
    labels.push(added);
    return added;
  }

  #entered(label: Pick<Label, 'name' | 'type'> & Partial<Label>): OpenLabel {
    const id = ++this.#lastId;
    const color = label.color ?? `#${((id * 0x9e3779b1) >>> 8).toString(16).padStart(6, '0')}`;
    return {
      id,
      name: label.name,
      type: label.type,
      color,
      attributes: (label.attributes ?? []).map((attribute) => ({ ...attribute, id: ++this.#lastId })),
      sublabels: (label.sublabels ?? []).map((part) => this.#entered(part)),
      ...(label.svg === undefined ? {} : { svg: label.svg }),
    };
  }
}

/** The one label whose name is the same letters, composed in another way. */
function composedAlike(labels: readonly Label[], name: string): Label | undefined {
  const alike = labels.filter((label) => label.name.normalize('NFC') === name.normalize('NFC'));
  return alike.length === 1 ? alike[0] : undefined;
}

function namesOf(labels: readonly Label[]): string {
  return labels.map((label) => `"${label.name}"`).join(', ') || 'none at all';
}

function greatestId(labels: readonly Label[]): number {
  const ids = labels.flatMap((label) => [
    label.id,
    ...label.attributes.map(({ id }) => id),
    greatestId(label.sublabels),
  ]);
  return ids.reduce((most, id) => Math.max(most, id), 0);
}

/** What of the attributes of a label stands in a track, and what in its keyframes. */
export function splitAttributes(
  label: Label,
  values: readonly AttributeValue[],
): { mutable: AttributeValue[]; immutable: AttributeValue[] } {
  const isMutable = ({ spec_id }: AttributeValue): boolean =>
    label.attributes.find((attribute) => attribute.id === spec_id)?.mutable === true;
  return { mutable: values.filter(isMutable), immutable: values.filter((value) => !isMutable(value)) };
}
