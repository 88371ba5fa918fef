import { CliError, exitReason } from '../errors.ts';
import { printable } from '../print.ts';
import type { FramePrompt, ObjectPlan } from './plan.ts';

/** A list of a hundred thousand problems helps nobody. */
const SHOWN = 20;

/** What is wrong with a prompts file, a line for each problem. */
export function problemList(file: string, problems: readonly string[]): string {
  const shown = problems.slice(0, SHOWN).map((problem) => `  ${problem}`);
  const more = problems.length > SHOWN ? [`  … and ${problems.length - SHOWN} more`] : [];
  return `${file}: the prompts cannot be used:\n${[...shown, ...more].join('\n')}\ndocs/guide/prompts.md describes the form.`;
}

/** Gathers what is wrong with the values of prompts, so that all of it is told at once. */
export class Problems {
  readonly #found: { readonly file: string; readonly text: string; readonly error: Error }[] = [];

  /**
   * Notes an error about a prompt, and where it stands. The command line has one prompt and says it in an option, so its
   * error is thrown as it is; so is whatever is no fault of the prompt.
   */
  add({ label }: ObjectPlan, { frame, place }: FramePrompt, error: unknown): void {
    const reason = exitReason(error);
    if (!place || !(reason === 'usage' || reason === 'input')) throw error;
    const { message } = error as Error;
    const text = `${place.at} (${JSON.stringify(printable(label))}, frame ${frame}): ${message}`;
    this.#found.push({ file: place.file, text, error: error as Error });
  }

  /** Throws one error with all that was noted. It ends the run for the reason of the first. */
  throwIfAny(): void {
    const [first] = this.#found;
    if (!first) return;
    const texts = this.#found.map(({ text }) => text);
    throw new CliError(exitReason(first.error), problemList(first.file, texts), first.error);
  }
}
