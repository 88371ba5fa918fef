import type { SourceInfo } from '@roto/media';
import { plural, printable } from './print.ts';

/** What a person should know of a sound source before trusting its frame numbers and pictures, each thing as a clause. */
export function oddities({ interlaced, timing, levels, passedOver }: SourceInfo): string[] {
  const clauses: string[] = [];
  if (interlaced) clauses.push('interlaced: pictures are coded as two fields; all lines are shown as one picture');
  if (timing?.order === 'decoder')
    clauses.push(
      timing.times === 'rate'
        ? "frame order: the decoder's; the container has no times, so they follow from the frame rate"
        : "frame order: the decoder's, because the container's times are missing or contradict the pictures; its times are dealt out in order",
    );
  if (levels) {
    const { black, white, isReal } = levels;
    clauses.push(
      `levels: ${isReal ? 'real numbers' : 'values'} from ${black} to ${white} are shown as black to white (of the first such image; each counts alone)`,
    );
  }
  if (passedOver) {
    const { pages, files, first } = passedOver;
    clauses.push(
      `passed over: ${plural(pages, 'further page')} of ${files === 1 ? printable(first) : `${plural(files, 'file')}, the first of them ${printable(first)}`}; ` +
        'the pages of a file are frames when it is given alone and they are of one size',
    );
  }
  return clauses;
}
