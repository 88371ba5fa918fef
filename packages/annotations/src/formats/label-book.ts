import { AnnotationError } from '../errors.ts';
import type { AttributeValue } from '../labeled/labeled-data.ts';
import type { Label, LabelAttribute, LabelType } from '../labeled/labels.ts';

type OpenLabel = Label & { readonly attributes: LabelAttribute[]; readonly sublabels: Label[] };

/**
 * Labels by the names that files use. A closed book holds those of the task, and throws 'unknown-label' for any other; an open
 * one, for a reader that was given none, enters every name that it is asked for.
 */
export class LabelBook {
  readonly labels: Label[];
  readonly #isOpen: boolean;
  #lastId: number;

  constructor(labels?: readonly Label[]) {
    this.#isOpen = labels === undefined;
    this.labels = [...(labels ?? [])];
    this.#lastId = 0;
  }

  /** `where` names file and place in an error. */
  label(name: string, where: string, type: LabelType = 'any'): Label {
    return this.#find(this.labels, name, where, 'The task', type);
  }

  /** A point of a skeleton. */
  part(whole: Label, name: string, where: string): Label {
    return this.#find(whole.sublabels as Label[], name, where, `The skeleton "${whole.name}"`, 'points');
  }

  /** Values by name, as the values of the label's attributes. */
  attributes(label: Label, values: readonly { name: string; value: string }[], where: string): AttributeValue[] {
    return values.map(({ name, value }) => {
      const known = label.attributes.find((attribute) => attribute.name === name);
      if (known) return { spec_id: known.id, value };
      if (!this.#isOpen)
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

  #find(labels: Label[], name: string, where: string, owner: string, type: LabelType): Label {
    const known = labels.find((label) => label.name === name);
    if (known) return known;
    if (!this.#isOpen) {
      const names = labels.map((label) => `"${label.name}"`).join(', ');
      throw new AnnotationError(
        'unknown-label',
        `${where}: ${owner} has no label "${name}", only ${names || 'none at all'}; add it, or rename it in the file.`,
      );
    }
    const color = `#${((++this.#lastId * 0x9e3779b1) >>> 8).toString(16).padStart(6, '0')}`;
    const added: OpenLabel = { id: this.#lastId, name, type, color, attributes: [], sublabels: [] };
    labels.push(added);
    return added;
  }
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
