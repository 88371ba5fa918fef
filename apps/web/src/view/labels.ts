import type { ObjectRecord, Uid } from '../document/records.ts';

/** A label of the task, in the names of the wire. */
export interface JobLabel {
  readonly id: number;
  readonly name: string;
  /** `#rrggbb`. */
  readonly color: string;
  /** 'any', or the one kind of shape that may have it. */
  readonly type: string;
  readonly attributes: readonly JobAttribute[];
}

export interface JobAttribute {
  readonly id: number;
  readonly name: string;
  /** May differ between the frames of a track. */
  readonly mutable: boolean;
  readonly input_type: 'select' | 'radio' | 'checkbox' | 'number' | 'text';
  readonly default_value: string;
  /** Of a number: least, most, step. */
  readonly values: readonly string[];
}

export class Labels {
  readonly list: readonly JobLabel[];
  readonly #byId: ReadonlyMap<number, JobLabel>;

  constructor(list: readonly JobLabel[]) {
    this.list = list;
    this.#byId = new Map(list.map((label) => [label.id, label]));
  }

  get(id: number): JobLabel | undefined {
    return this.#byId.get(id);
  }

  name(id: number): string {
    return this.#byId.get(id)?.name ?? `#${id}`;
  }

  color(id: number): string {
    return this.#byId.get(id)?.color ?? '#9aa0a6';
  }

  /** Those which an object of this kind may have. */
  fitting(kind: string): readonly JobLabel[] {
    return this.list.filter(({ type }) => type === 'any' || type === kind);
  }
}

/**
 * Numbers of objects as people see them: 1, 2, 3 in the order in which the page met them. An object keeps its number as long
 * as the page is open, also while it is removed and brought back.
 */
export class Numbers {
  readonly #numbers = new Map<Uid, number>();

  of(uid: Uid): number {
    let number = this.#numbers.get(uid);
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(uid, number);
    }
    return number;
  }
}

/** "person 14": what an object is called everywhere. */
export function objectName(labels: Labels, numbers: Numbers, record: ObjectRecord): string {
  return `${labels.name(record.label)} ${numbers.of(record.uid)}`;
}

/** Twelve colours that are apart from each other, also for those who see fewer colours. */
const INSTANCE_COLORS = [
  '#e69f00',
  '#56b4e9',
  '#009e73',
  '#f0e442',
  '#0072b2',
  '#d55e00',
  '#cc79a7',
  '#8dd3c7',
  '#b3de69',
  '#fb8072',
  '#bc80bd',
  '#80b1d3',
] as const;

export function colorOf(
  record: ObjectRecord,
  labels: Labels,
  numbers: Numbers,
  colorBy: 'label' | 'instance' | 'group',
): string {
  if (colorBy === 'instance') return record.color ?? INSTANCE_COLORS[numbers.of(record.uid) % INSTANCE_COLORS.length]!;
  if (colorBy === 'group') {
    return record.group === 0 ? '#c8ccd2' : INSTANCE_COLORS[record.group % INSTANCE_COLORS.length]!;
  }
  return record.color ?? labels.color(record.label);
}
