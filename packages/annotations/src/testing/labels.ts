import type { Label, LabelAttribute } from '../labeled/labels.ts';

function attribute(id: number, name: string, mutable: boolean, rest: Partial<LabelAttribute> = {}): LabelAttribute {
  return { id, name, mutable, input_type: 'text', default_value: '', values: [], ...rest };
}

function label(id: number, name: string, rest: Partial<Label> = {}): Label {
  return { id, name, type: 'any', color: '#ff6037', attributes: [], sublabels: [], ...rest };
}

/** A label with attributes of every input, a plain one, and a skeleton of three points. */
export const labels: readonly Label[] = [
  label(11, 'person', {
    attributes: [
      attribute(3, 'pose', true, { input_type: 'select', default_value: 'stand', values: ['stand', 'sit'] }),
      attribute(4, 'name', false),
      attribute(5, 'age', true, { input_type: 'number', default_value: '30', values: ['0', '120', '1'] }),
      attribute(6, 'known', false, { input_type: 'checkbox', default_value: 'false', values: ['false', 'true'] }),
    ],
  }),
  label(12, 'car', { color: '#33ddff' }),
  label(13, 'body', {
    type: 'skeleton',
    color: '#00ff00',
    svg: '<circle r="1" cx="10" cy="10" data-type="element node" data-element-id="1" data-label-name="head"></circle>',
    sublabels: [
      label(14, 'head', {
        type: 'points',
        attributes: [
          attribute(7, 'hat', true, { input_type: 'checkbox', default_value: 'false', values: ['false', 'true'] }),
        ],
      }),
      label(15, 'hand', { type: 'points' }),
      label(16, 'foot', { type: 'points' }),
    ],
  }),
];

/** Frames on which the tests' annotations lie. */
export const frameSet = { frameCount: 40, width: 64, height: 48 };
