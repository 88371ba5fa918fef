import {
  AnnotationChange,
  ConfirmBody,
  Confirmed,
  ConfirmedMany,
  pageOf,
  pageQuery,
  Revert,
  Reverted,
  WriteConflict,
} from '@roto/wire';
import { Type } from 'typebox';
import type { Context } from '../context.ts';
import { transact } from '../database/transact.ts';
import type { App } from '../http/app.ts';
import { paginate } from '../http/pages.ts';
import { confirmKeyframes } from './confirm.ts';
import { changeList, revertChange } from './history.ts';
import type { Author } from './history-rows.ts';

const idParam = Type.Object({ id: Type.Integer() });
const view = { access: { action: 'take-out', on: 'job' } } as const;
const annotate = { access: { action: 'annotate', on: 'job' } } as const;
const tags = ['annotations'];
const Changes = pageOf(AnnotationChange, 'AnnotationChangePage');

/** The history of a job's annotations, what takes changes back, and the confirmation of tracked keyframes. */
export function historyRoutes(app: App, context: Context): void {
  const { db } = context;

  app.post(
    '/api/jobs/:id/annotations/confirm',
    {
      config: annotate,
      schema: {
        tags,
        summary: 'Make tracked keyframes those of a person, of one object or of many',
        params: idParam,
        body: ConfirmBody,
        response: { 200: Type.Union([Confirmed, ConfirmedMany], { description: 'The second with `objects`.' }) },
      },
    },
    (request) =>
      transact(db, (tx) =>
        confirmKeyframes(tx, request.params.id, { userId: request.principal.userId, origin: 'person' }, request.body),
      ),
  );

  const historyQuery = Type.Object({
    ...pageQuery,
    before: Type.Optional(Type.Boolean({ description: 'Also what was there before each change.' })),
  });
  app.get(
    '/api/jobs/:id/annotations/history',
    {
      config: view,
      schema: {
        tags,
        summary: 'Changes of a job, newest first',
        params: idParam,
        querystring: historyQuery,
        response: { 200: Changes },
      },
    },
    (request) => paginate(request, changeList(db, request.params.id, { withBefore: request.query.before })),
  );
  app.get(
    '/api/jobs/:id/annotations/:object/history',
    {
      config: view,
      schema: {
        tags,
        summary: 'Changes of one object, newest first; also of one that was removed',
        params: Type.Object({ id: Type.Integer(), object: Type.Integer() }),
        querystring: historyQuery,
        response: { 200: Changes },
      },
    },
    (request) =>
      paginate(
        request,
        changeList(db, request.params.id, { objectId: request.params.object, withBefore: request.query.before }),
      ),
  );
  app.post(
    '/api/jobs/:id/annotations/history/:change/revert',
    {
      config: annotate,
      schema: {
        tags,
        summary: 'Take one change back',
        params: Type.Object({ id: Type.Integer(), change: Type.Integer() }),
        body: Revert,
        response: { 200: Reverted, 409: WriteConflict },
      },
    },
    (request) => {
      const { id, change } = request.params;
      const author: Author = { userId: request.principal.userId, origin: 'person' };
      return transact(db, (tx) => revertChange(tx, id, change, author, request.body.force ?? false));
    },
  );
}
