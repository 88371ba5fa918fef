import { usageError } from '../errors.ts';
import { parseWhole } from '../prompts/arguments.ts';

export function taskId(text: string): number {
  return parseWhole(text, 'the id of the task', 1, Number.MAX_SAFE_INTEGER);
}

export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds > 0 && seconds <= 3600))
    throw usageError(`--completion_verification_period ${JSON.stringify(text)}: give seconds, more than 0.`);
  return seconds * 1000;
}
