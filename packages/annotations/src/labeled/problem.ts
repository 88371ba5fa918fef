/**
 * Why a value is no sound `LabeledData`.
 *   type               a key is missing or of another JSON type than it must be (a string where a number belongs, NaN)
 *   range              a number or text beyond its bounds (frame, rotation, score, coordinate, length of a text)
 *   label              no such label; a part of a skeleton whose label is not a sublabel of it
 *   attribute          no such attribute of the label; given twice; an immutable one in a keyframe or a mutable one in a track
 *   points             a number of points that the type does not have
 *   mask               run lengths or box of a mask that are not sound, or a box that leaves the picture
 *   elements           parts on what is no skeleton, parts of parts, two of one sublabel
 *   keyframes          two keyframes on one frame, or of different types
 *   unsupported        what CVAT knows and we do not (intervals of audio)
 */
export type ProblemCode =
  | 'type'
  | 'range'
  | 'label'
  | 'attribute'
  | 'points'
  | 'mask'
  | 'elements'
  | 'keyframes'
  | 'unsupported';

/** One thing that is wrong, and where. */
export type Problem = {
  readonly code: ProblemCode;
  /** Place in the value: `tracks[3].shapes[2].points`; empty for the value itself. */
  readonly path: string;
  /** What is there, and what belongs there; a sentence that goes on after the path. */
  readonly message: string;
};

/** Past this many a list of problems says no more: a hostile body must not cost more to report than to read. */
export const MAX_PROBLEMS = 100;

/** All problems as text, a line each. */
export function problemsText(problems: readonly Problem[]): string {
  const lines = problems.map(({ path, message }) => `${path || 'annotations'}: ${message}`);
  if (problems.length >= MAX_PROBLEMS) lines.push('… and perhaps more.');
  return lines.join('\n');
}
