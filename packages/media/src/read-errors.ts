import { MediaError } from './errors.ts';

/** The error for an index outside 0 … count − 1. */
export function frameRangeError(file: string, index: number, count: number): MediaError {
  const remedy = count === 1 ? 'Ask for frame 0, the only one' : `Ask for a whole number from 0 to ${count - 1}`;
  return new MediaError('frame-range', file, `there is no frame ${index}`, remedy);
}

export function closedError(file: string): MediaError {
  return new MediaError('closed', file, 'the source has been closed', 'Open it again before reading');
}
