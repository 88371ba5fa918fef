import { AnnotationError } from '../../errors.ts';
import type { ShapeType, TrackedShape } from '../../labeled/labeled-data.ts';
import type { XmlElement } from '../xml/read.ts';
import type { XmlAttributes } from '../xml/write.ts';

/** CVAT's elements of shapes. */
export const ELEMENT_NAMES: Record<ShapeType, string> = {
  rectangle: 'box',
  ellipse: 'ellipse',
  polygon: 'polygon',
  polyline: 'polyline',
  points: 'points',
  cuboid: 'cuboid',
  mask: 'mask',
  skeleton: 'skeleton',
};
const TYPES = new Map(Object.entries(ELEMENT_NAMES).map(([type, name]) => [name, type as ShapeType]));

const CORNERS = ['xtl1', 'ytl1', 'xbl1', 'ybl1', 'xtr1', 'ytr1', 'xbr1', 'ybr1'];
const CUBOID = [...CORNERS, ...CORNERS.map((name) => name.replace('1', '2'))];
const BOX = ['xtl', 'ytl', 'xbr', 'ybr'];

/** The type of an element, undefined when it is none of a shape. */
export function typeOfElement(name: string): ShapeType | undefined {
  return TYPES.get(name);
}

/**
 * Where a shape is, as XML attributes. CVAT writes two places after the point; so do we for what is only interpolated,
 * which no reader takes in. What a person or a model drew is written in full.
 */
export function placeAttributes(
  { type, points, rotation }: Pick<TrackedShape, 'type' | 'points' | 'rotation'>,
  isKeyframe: boolean,
): XmlAttributes {
  const show = isKeyframe ? String : (value: number) => value.toFixed(2);
  const named = (names: readonly string[]) => Object.fromEntries(names.map((name, i) => [name, show(points[i]!)]));
  const turned = rotation === 0 ? undefined : show(rotation);
  switch (type) {
    case 'rectangle':
      return { ...named(BOX), rotation: turned };
    case 'ellipse': {
      const [cx, cy, right, top] = points as [number, number, number, number];
      return { cx: show(cx), cy: show(cy), rx: show(right - cx), ry: show(cy - top), rotation: turned };
    }
    case 'cuboid':
      return named(CUBOID);
    case 'mask': {
      const [left, top, right, bottom] = points.slice(-4) as [number, number, number, number];
      return {
        rle: points.slice(0, -4).join(', '),
        left,
        top,
        width: right - left + 1,
        height: bottom - top + 1,
      };
    }
    case 'skeleton':
      return {};
    default: {
      let text = '';
      for (let i = 0; i < points.length; i += 2)
        text += `${i === 0 ? '' : ';'}${show(points[i]!)},${show(points[i + 1]!)}`;
      return { points: text };
    }
  }
}

/** Points and rotation of an element. Throws 'file' with `where` for a number that is none, or is missing. */
export function readPlace(element: XmlElement, type: ShapeType, where: string): { points: number[]; rotation: number } {
  const { attributes } = element;
  const number = (name: string): number => {
    const text = attributes[name];
    const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
    if (!Number.isFinite(value))
      throw new AnnotationError('file', `${where}: "${name}" of the ${type} is ${shown(text)}, which is no number.`);
    return value;
  };
  const rotation = attributes.rotation === undefined ? 0 : number('rotation');
  switch (type) {
    case 'rectangle':
      return { points: BOX.map(number), rotation };
    case 'ellipse': {
      const [cx, cy, rx, ry] = ['cx', 'cy', 'rx', 'ry'].map(number) as [number, number, number, number];
      return { points: [cx, cy, tidy(cx + rx), tidy(cy - ry)], rotation };
    }
    case 'cuboid':
      return { points: CUBOID.map(number), rotation: 0 };
    case 'mask': {
      const runs = numbersOf(attributes.rle, ',', where);
      const [left, top, width, height] = ['left', 'top', 'width', 'height'].map(number) as [
        number,
        number,
        number,
        number,
      ];
      return { points: [...runs, left, top, left + width - 1, top + height - 1], rotation: 0 };
    }
    case 'skeleton':
      return { points: [], rotation: 0 };
    default:
      return { points: numbersOf(attributes.points, /[,;]/, where), rotation: 0 };
  }
}

function numbersOf(text: string | undefined, separator: string | RegExp, where: string): number[] {
  const pieces = (text ?? '').split(separator);
  return pieces.map((piece, i) => {
    const value = piece.trim() === '' ? Number.NaN : Number(piece);
    if (!Number.isFinite(value))
      throw new AnnotationError(
        'file',
        `${where}: number ${i + 1} of ${pieces.length} is ${shown(piece)}, which is no number.`,
      );
    return value;
  });
}

/** Sums of decimal fractions, without their last bits. */
function tidy(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function shown(text: string | undefined): string {
  if (text === undefined) return 'missing';
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
