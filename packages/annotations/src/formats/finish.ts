import { AnnotationError } from '../errors.ts';
import type { Label } from '../labeled/labels.ts';
import { type LabeledDataDraft, parseLabeledData } from '../labeled/normalise.ts';
import { MAX_PROBLEMS, type Problem } from '../labeled/problem.ts';
import type { ImportedAnnotations } from './format.ts';
import type { LabelBook } from './label-book.ts';
import { PLACE, type Placed } from './place.ts';
import type { TaskInfo } from './task.ts';

/** The last step of every reader. Throws 'problems' for annotations that are not sound, naming each with its place in the file. */
export function finishImport(
  draft: LabeledDataDraft,
  book: LabelBook,
  task: TaskInfo,
  notes: readonly string[] = [],
): ImportedAnnotations {
  const labels: readonly Label[] = book.labels;
  const parsed = parseLabeledData(draft, labels, task);
  if (!parsed.ok)
    throw new AnnotationError(
      'problems',
      `What the file holds is not sound for this task (${task.frameCount} frames of ${task.width} × ${task.height}):\n${placedText(parsed.problems, draft)}`,
    );
  return { data: parsed.value, labels, newLabels: book.added, notes };
}

/** A line for each problem, with the place in the file instead of that in the draft, which no person has seen. */
function placedText(problems: readonly Problem[], draft: LabeledDataDraft): string {
  const lines = problems.map(({ path, message }) => {
    const { place, rest } = placeOf(draft, path);
    return `${place ?? 'annotations'}: ${rest === '' ? '' : `${rest} `}${message}`;
  });
  if (problems.length >= MAX_PROBLEMS) lines.push('… and perhaps more.');
  return lines.join('\n');
}

/** Follows `tracks[3].shapes[2].points` into the draft, as far as something says where it stands. */
function placeOf(draft: LabeledDataDraft, path: string): { place: string | undefined; rest: string } {
  let value: unknown = draft;
  let place: string | undefined;
  let rest = path;
  const parts = path.split(/(?=\[)|\./);
  for (const [i, part] of parts.entries()) {
    if (typeof value !== 'object' || value === null) break;
    value = Reflect.get(value, part.startsWith('[') ? part.slice(1, -1) : part);
    const found = typeof value === 'object' && value !== null ? (value as Placed)[PLACE] : undefined;
    if (!found) continue;
    place = found();
    rest = parts
      .slice(i + 1)
      .join('.')
      .replaceAll('.[', '[');
  }
  return { place, rest };
}
