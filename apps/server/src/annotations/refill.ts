import { type AttributeValue, indexLabels, type Label } from '@roto/annotations';
import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationObjects } from '../database/schema/index.ts';
import { writeBlocks } from './history-rows.ts';
import { coreOf, FRAMES_PER_BLOCK, intoBlocks } from './keyframe-text.ts';
import { elementAt } from './objects.ts';
import { countChange, loadKeyframes } from './rows.ts';
import { attributeIds } from './scope.ts';

/** Whether objects of the job were written when their labels had other attributes than now. */
export async function isStale(db: Db, jobId: number, labels: readonly Label[]): Promise<boolean> {
  const present = idsByLabel(labels);
  const stored = await db
    .selectDistinct({ labelId: annotationObjects.labelId, attributeIds: annotationObjects.attributeIds })
    .from(annotationObjects)
    .where(eq(annotationObjects.jobId, jobId));
  return stored.some((each) => each.attributeIds !== present.get(each.labelId));
}

/**
 * Gives objects the default values of attributes that their labels have got since, and takes values of those that are
 * gone. It is what reading would have to do each time; nobody's work changes, so neither revision nor history do;
 * the job's version does, so that its readers hear of it.
 */
export async function refillJob(tx: Db, jobId: number, labels: readonly Label[]): Promise<void> {
  const version = await countChange(tx, jobId);
  const index = indexLabels(labels);
  for (const [labelId, ids] of idsByLabel(labels)) {
    const label = index.get(labelId)!;
    const rows = await tx
      .select()
      .from(annotationObjects)
      .where(
        and(
          eq(annotationObjects.jobId, jobId),
          eq(annotationObjects.labelId, labelId),
          sql`${annotationObjects.attributeIds} <> ${ids}`,
        ),
      );
    for (const row of rows) {
      const isTrack = row.kind === 'track';
      const elements = row.elements.map((text) => JSON.parse(`{${text}}`) as { label_id: number });
      const partOf = (part: { label_id: number }) => label.sublabels.get(part.label_id);
      const body = JSON.parse(`{${row.body}}`);
      body.attributes = refilled(body.attributes, isTrack ? label.immutableDefaults : label.defaults);
      for (const part of body.elements ?? []) part.attributes = refilled(part.attributes, partOf(part)?.defaults);
      await tx
        .update(annotationObjects)
        .set({
          body: members(body),
          elements: elements.map((part) => {
            const { attributes } = part as unknown as { attributes: AttributeValue[] };
            return members({ ...part, attributes: refilled(attributes, partOf(part)?.immutableDefaults) });
          }),
          attributeIds: ids,
          changedVersion: version,
        })
        .where(eq(annotationObjects.id, row.id));
      if (!isTrack) continue;
      const keyframes = await loadKeyframes(tx, row);
      for (const [place, lines] of keyframes.entries()) {
        const defaults = (place === 0 ? label : partOf(elements[place - 1]!))?.mutableDefaults;
        const filled = [...lines.values()].map((line) => refilledLine(line, defaults));
        await writeBlocks(
          tx,
          intoBlocks(filled).map((block) => ({
            objectId: row.id,
            element: elementAt(place),
            versions: new Array<number>(FRAMES_PER_BLOCK).fill(version),
            changedVersion: version,
            ...block,
          })),
        );
      }
    }
  }
}

function idsByLabel(labels: readonly Label[]): Map<number, string> {
  return new Map(labels.map((label) => [label.id, attributeIds(label)]));
}

function refilled(values: readonly AttributeValue[], defaults: readonly AttributeValue[] = []): AttributeValue[] {
  const kept = values.filter((value) => defaults.some((one) => one.spec_id === value.spec_id));
  return [...kept, ...defaults.filter((one) => !kept.some((value) => value.spec_id === one.spec_id))];
}

function refilledLine(line: string, defaults: readonly AttributeValue[] | undefined): string {
  const core = coreOf(line);
  const { attributes, ...rest } = JSON.parse(`${core}}`);
  return JSON.stringify({ ...rest, attributes: refilled(attributes, defaults) }).slice(0, -1) + line.slice(core.length);
}

function members(value: object): string {
  return JSON.stringify(value).slice(1, -1);
}
