import type { AttributeInput, Label, LabelInput } from '@roto/wire';
import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { jobs, labelAttributes, labels } from '../database/schema/index.ts';
import { notifyJob } from '../events/events.ts';
import { badRequest } from '../http/errors.ts';
import { freeColor } from './colors.ts';
import {
  type AttributeSpec,
  checkColor,
  checkName,
  checkSvg,
  checkType,
  checkUnique,
  type LabelSpec,
  problem,
  toAttributeSpec,
  toLabelSpec,
} from './label-input.ts';

type LabelRow = typeof labels.$inferSelect;
type AttributeRow = typeof labelAttributes.$inferSelect;

/** A label as stored, with what belongs to it. */
export type StoredLabel = LabelRow & {
  readonly attributes: readonly AttributeRow[];
  readonly sublabels: readonly StoredLabel[];
};

/** Labels of tasks, without those within skeletons (they hang on theirs), by id. */
export async function readLabels(db: Db, taskIds: readonly number[]): Promise<StoredLabel[]> {
  if (taskIds.length === 0) return [];
  const rows = await db
    .select()
    .from(labels)
    .where(inArray(labels.taskId, [...taskIds]))
    .orderBy(asc(labels.id));
  const attributes = await db
    .select()
    .from(labelAttributes)
    .where(
      inArray(
        labelAttributes.labelId,
        rows.map((row) => row.id),
      ),
    )
    .orderBy(asc(labelAttributes.id));
  const attributesOf = Map.groupBy(attributes, (attribute) => attribute.labelId);
  const partsOf = Map.groupBy(rows, (row) => row.parentId);
  const whole = (row: LabelRow): StoredLabel => ({
    ...row,
    attributes: attributesOf.get(row.id) ?? [],
    sublabels: (partsOf.get(row.id) ?? []).map(whole),
  });
  return (partsOf.get(null) ?? []).map(whole);
}

/** Adds labels to a task. Throws HttpError 400 when a name is taken. */
export async function addLabels(tx: Db, taskId: number, specs: readonly LabelSpec[]): Promise<void> {
  const present = await tx
    .select({ name: labels.name, color: labels.color })
    .from(labels)
    .where(and(eq(labels.taskId, taskId), isNull(labels.parentId)));
  checkUnique([...present.map(({ name }) => name), ...specs.map(({ name }) => name)], (twice) =>
    badRequest('labels', `There are two labels of the name "${twice}"; names must differ within a task.`),
  );
  const colors = new Set(present.map(({ color }) => color));
  for (const spec of specs) await insertLabel(tx, taskId, null, spec, colors);
}

async function insertLabel(
  tx: Db,
  taskId: number,
  parentId: number | null,
  spec: LabelSpec,
  colors: Set<string>,
): Promise<void> {
  const color = spec.color || freeColor(colors);
  colors.add(color);
  const { name, type, svg } = spec;
  const [row] = await tx.insert(labels).values({ taskId, parentId, name, color, type, svg }).returning();
  const { id } = row!;
  if (spec.attributes.length > 0) {
    await tx.insert(labelAttributes).values(spec.attributes.map((attribute) => toAttributeRow(id, attribute)));
  }
  if (spec.sublabels.length === 0) return;
  for (const part of spec.sublabels) await insertLabel(tx, taskId, id, part, colors);
  if (!svg) return;
  // A drawing names its points by name when it comes with a new skeleton, and by id from then on.
  const parts = await tx.select().from(labels).where(eq(labels.parentId, id));
  const named = parts.reduce(
    (drawn, part) => drawn.replaceAll(`data-label-name="${part.name}"`, `data-label-id="${part.id}"`),
    svg,
  );
  await tx.update(labels).set({ svg: named }).where(eq(labels.id, id));
}

/**
 * Changes the labels of a task as a PATCH says: entries without id are added, with id changed, with `deleted` dropped
 * together with their annotations. What an entry does not name stays. Throws HttpError 400.
 */
export async function changeLabels(tx: Db, taskId: number, inputs: readonly LabelInput[]): Promise<void> {
  const stored = new Map((await readLabels(tx, [taskId])).map((label) => [label.id, label]));
  const find = (id: number): StoredLabel => {
    const label = stored.get(id);
    if (!label) throw badRequest('labels', `This task has no label of the id ${id}.`);
    return label;
  };
  const dropped = inputs.filter((input) => input.deleted).map((input) => find(input.id ?? Number.NaN).id);
  if (dropped.length > 0 || inputs.some((input) => input.attributes?.some((attribute) => attribute.deleted)))
    await countChangeOfJobs(tx, taskId);
  if (dropped.length > 0) {
    // A skeleton's points have no foreign key to it.
    await tx.delete(labels).where(and(eq(labels.taskId, taskId), inArray(labels.parentId, dropped)));
    await tx.delete(labels).where(inArray(labels.id, dropped));
  }
  for (const input of inputs) {
    if (input.id !== undefined && !input.deleted) await changeLabel(tx, find(input.id), input);
  }
  const names = await tx
    .select({ name: labels.name })
    .from(labels)
    .where(and(eq(labels.taskId, taskId), isNull(labels.parentId)));
  checkUnique(
    names.map(({ name }) => name),
    (twice) => badRequest('labels', `There are two labels of the name "${twice}"; names must differ within a task.`),
  );
  const added = inputs.filter((input) => input.id === undefined && !input.deleted).map((input) => toLabelSpec(input));
  await addLabels(tx, taskId, added);
}

/** What clients hold of the annotations is no longer what is here. Comes first: what goes is known by the new version. */
async function countChangeOfJobs(tx: Db, taskId: number): Promise<void> {
  const counted = tx.$with('counted').as(
    tx
      .update(jobs)
      .set({ annotationsVersion: sql`${jobs.annotationsVersion} + 1`, updatedDate: sql`now()` })
      .where(eq(jobs.taskId, taskId))
      .returning({ id: jobs.id }),
  );
  await tx
    .with(counted)
    .select({ told: notifyJob(sql`${counted.id}`) })
    .from(counted);
}

async function changeLabel(tx: Db, label: StoredLabel, input: LabelInput): Promise<void> {
  const name = input.name === undefined ? label.name : checkName(input.name, 'A label');
  const type = input.type === undefined ? label.type : checkType(input.type, name, 'any');
  if (type !== label.type && (type === 'skeleton' || label.type === 'skeleton')) {
    throw problem(name, `has the type ${label.type}, which cannot be changed to ${type}; add another label instead`);
  }
  const color = checkColor(input.color, name) || label.color;
  const svg = input.svg !== undefined && type === 'skeleton' ? checkSvg(input.svg, name) : label.svg;
  await tx.update(labels).set({ name, type, color, svg }).where(eq(labels.id, label.id));
  for (const attribute of input.attributes ?? []) await changeAttribute(tx, label, name, attribute);
  const attributes = await tx.select().from(labelAttributes).where(eq(labelAttributes.labelId, label.id));
  checkUnique(
    attributes.map((attribute) => attribute.name),
    (twice) => problem(name, `has two attributes of the name "${twice}"`),
  );
  for (const part of input.sublabels ?? []) {
    const there = label.sublabels.find(({ id }) => id === part.id);
    if (!there) throw problem(name, 'is a skeleton, whose points cannot be added to or taken away; add another label');
    if (part.deleted) throw problem(name, 'is a skeleton, whose points cannot be dropped; add another label instead');
    await changeLabel(tx, there, part);
  }
}

async function changeAttribute(tx: Db, label: StoredLabel, labelName: string, input: AttributeInput): Promise<void> {
  if (input.id === undefined) {
    await tx.insert(labelAttributes).values(toAttributeRow(label.id, toAttributeSpec(input, labelName)));
    return;
  }
  const there = label.attributes.find(({ id }) => id === input.id);
  if (!there) throw problem(labelName, `has no attribute of the id ${input.id}`);
  if (input.deleted) {
    await tx.delete(labelAttributes).where(eq(labelAttributes.id, there.id));
    return;
  }
  const merged = toAttributeSpec(
    {
      name: input.name ?? there.name,
      mutable: input.mutable ?? there.mutable,
      input_type: input.input_type ?? there.inputType,
      values: input.values ?? there.values,
      default_value: input.default_value ?? there.defaultValue,
    },
    labelName,
  );
  await tx.update(labelAttributes).set(toAttributeRow(label.id, merged)).where(eq(labelAttributes.id, there.id));
}

function toAttributeRow(labelId: number, { name, mutable, inputType, defaultValue, values }: AttributeSpec) {
  return { labelId, name, mutable, inputType, defaultValue, values: [...values] };
}

/** A label of a task as on the wire (contract 2.2). */
export function showLabel(label: StoredLabel): Label {
  return {
    ...common(label),
    ...(label.type === 'skeleton' ? { svg: label.svg ?? '' } : {}),
    sublabels: label.sublabels.map((part) => ({ ...common(part), sublabels: [] })),
    task_id: label.taskId,
  };
}

function common(label: StoredLabel): Omit<Label, 'svg' | 'sublabels' | 'task_id'> {
  return {
    id: label.id,
    name: label.name,
    color: label.color,
    type: label.type,
    attributes: label.attributes.map((attribute) => ({
      id: attribute.id,
      name: attribute.name,
      mutable: attribute.mutable,
      input_type: attribute.inputType,
      default_value: attribute.defaultValue,
      values: attribute.values,
    })),
    parent_id: label.parentId,
    has_parent: label.parentId !== null,
  };
}
