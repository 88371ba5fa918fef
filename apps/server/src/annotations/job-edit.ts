import type { Label } from '@roto/annotations';
import type { Db } from '../database/open.ts';
import type { Author, Writer } from './history-rows.ts';
import { isStale, refillJob } from './refill.ts';
import { countChange } from './rows.ts';
import type { JobRange } from './scope.ts';

/** A write of annotations of one job, in a transaction, by one author. */
export type JobEdit = {
  readonly tx: Db;
  readonly job: JobRange;
  readonly labels: readonly Label[];
  readonly author: Author;
};

/** One that has counted as a change of the job. */
export type BegunEdit = JobEdit & { readonly writer: Writer };

export async function begin(edit: JobEdit): Promise<BegunEdit> {
  const { tx, job, labels, author } = edit;
  if (await isStale(tx, job.id, labels)) await refillJob(tx, job.id, labels);
  return { ...edit, writer: { ...author, version: await countChange(tx, job.id) } };
}
