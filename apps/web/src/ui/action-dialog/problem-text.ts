import { t } from '../../texts/en.ts';
import type { Problem } from '../../tracking/plan.ts';
import type { LeftOut } from '../../tracking/suitable.ts';

/** Why Run cannot be pressed, as a sentence. */
export function problemText(problem: Problem): string {
  const words = t.actionDialog.problems;
  switch (problem.kind) {
    case 'no-action':
      return words.noAction;
    case 'read-only':
      return words.readOnly(problem.why);
    case 'same-frame':
      return words.sameFrame;
    case 'outside-job':
      return words.outsideJob(problem.first, problem.last);
    case 'start-deleted':
      return words.startDeleted(problem.frame);
    case 'nothing-suitable': {
      const reasons = [...new Set(problem.candidates.flatMap(({ reason }) => (reason ? [leftOutText(reason)] : [])))];
      return words.nothingSuitable(reasons.join(', '));
    }
    case 'too-many':
      return words.tooMany(problem.most);
    case 'not-saved':
      return words.notSaved(problem.why);
  }
}

export function leftOutText(reason: LeftOut): string {
  return t.actionDialog.reasons[reason];
}
