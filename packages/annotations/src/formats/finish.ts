import { AnnotationError } from '../errors.ts';
import type { Label } from '../labeled/labels.ts';
import { type LabeledDataDraft, parseLabeledData } from '../labeled/normalise.ts';
import { problemsText } from '../labeled/problem.ts';
import type { ImportedAnnotations } from './format.ts';
import type { TaskInfo } from './task.ts';

/** The last step of every reader. Throws 'problems' for annotations that are not sound, naming each. */
export function finishImport(
  draft: LabeledDataDraft,
  labels: readonly Label[],
  task: TaskInfo,
  notes: readonly string[] = [],
): ImportedAnnotations {
  const parsed = parseLabeledData(draft, labels, task);
  if (!parsed.ok)
    throw new AnnotationError(
      'problems',
      `What the file holds is not sound for this task (${task.frameCount} frames of ${task.width} × ${task.height}):\n${problemsText(parsed.problems)}`,
    );
  return { data: parsed.value, labels, notes };
}
