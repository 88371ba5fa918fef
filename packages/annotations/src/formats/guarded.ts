import type { LabeledData } from '../labeled/labeled-data.ts';
import type { AnnotationFormat, ImportedAnnotations } from './format.ts';
import { nothingFound, WatchedFiles } from './report.ts';

type Import = NonNullable<AnnotationFormat['import']>;

/**
 * A reader behind the checks that all have in common: files that it did not open are noted, and where it finds nothing at
 * all it throws 'nothing-found', so that no import empties a task by mistake. `lookedFor` goes on after "Looked for".
 */
export function guarded(format: string, lookedFor: string, read: Import): Import {
  return async (files, context): Promise<ImportedAnnotations> => {
    const watched = new WatchedFiles(files);
    const found = await read(watched.files, context);
    const unread = watched.unread();
    const notes = [...found.notes];
    if (unread.length > 0) {
      const more = unread.length > 5 ? ` and ${unread.length - 5} more` : '';
      notes.push(`${unread.slice(0, 5).join(', ')}${more}: not read, because ${format} has no such files.`);
    }
    if (isEmpty(found.data)) throw nothingFound(format, lookedFor, watched.summary(), notes);
    return { ...found, notes };
  };
}

function isEmpty({ tags, shapes, tracks }: LabeledData): boolean {
  return tags.length + shapes.length + tracks.length === 0;
}
