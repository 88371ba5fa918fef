import { Label, LabelInput } from '@roto/wire';
import { eq } from 'drizzle-orm';
import { Type } from 'typebox';
import type { Action, Principal } from '../access/access.ts';
import { demand } from '../access/resource.ts';
import type { Context } from '../context.ts';
import { labels } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { DONE } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { badRequest, notFound } from '../http/errors.ts';
import { changeLabels, readLabels, type StoredLabel, showLabel } from './labels.ts';
import { touchTask } from './task-view.ts';

const byId = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }) });
const tags = ['tasks'];

/** One label by its id (contract 2.2): who may see or change its task may see or change it. */
export function labelRoutes(app: App, { db }: Context): void {
  /** @throws HttpError 404 when there is none that the user may see, 403 when they may see it only */
  const find = async (principal: Principal, id: number, action: Action): Promise<StoredLabel> => {
    const [row] = await db.select({ taskId: labels.taskId }).from(labels).where(eq(labels.id, id));
    if (!row) throw notFound(`There is no label ${id}.`);
    await demand(db, principal, action, 'task', row.taskId);
    const whole = await readLabels(db, [row.taskId]);
    return whole.flatMap((label) => [label, ...label.sublabels]).find((label) => label.id === id)!;
  };
  /** A change of a point of a skeleton is one of the skeleton. */
  const change = async (label: StoredLabel, given: LabelInput): Promise<void> => {
    const input =
      label.parentId === null
        ? { ...given, id: label.id }
        : { id: label.parentId, sublabels: [{ ...given, id: label.id }] };
    await transact(db, async (tx) => {
      await changeLabels(tx, label.taskId, [input]);
      await touchTask(tx, label.taskId);
    });
  };
  const access = { signedIn: 'decides by the task of the label' } as const;

  app.get(
    '/api/labels/:id',
    { config: { access }, schema: { tags, summary: 'Look up a label', params: byId, response: { 200: Label } } },
    async (request) => showLabel(await find(request.principal, request.params.id, 'view')),
  );

  app.patch(
    '/api/labels/:id',
    {
      config: { access },
      schema: {
        tags,
        summary: 'Change a label',
        description: 'Its name, color, type, drawing and attributes; what is not named stays.',
        params: byId,
        body: LabelInput,
        response: { 200: Label },
      },
    },
    async (request) => {
      if (request.body.deleted) throw badRequest('deleted', 'A label is deleted by DELETE.');
      const label = await find(request.principal, request.params.id, 'update');
      await change(label, request.body);
      return showLabel(await find(request.principal, label.id, 'view'));
    },
  );

  app.delete(
    '/api/labels/:id',
    {
      config: { access },
      schema: {
        tags,
        summary: 'Delete a label with its annotations',
        params: byId,
        response: DONE,
      },
    },
    async (request, reply) => {
      const label = await find(request.principal, request.params.id, 'update');
      if (label.parentId !== null)
        throw badRequest('id', 'This is a point of a skeleton, which cannot be taken away; delete the skeleton.');
      await change(label, { deleted: true });
      return reply.code(204).send();
    },
  );
}
