import { AGENT, type Seed } from '../testing/studio.ts';

/*
 * Who is answered what. An organization has an owner, a maintainer, a supervisor and a worker; `other` is signed in and no
 * member. The owner made everything; the supervisor was given the task, the worker its only job. 401: nobody is signed in.
 * 404: there is no such thing for them. 403: they see it and may not do this. What else stands there is the answer of the
 * work itself, which was then allowed; a few of those are refusals for what the seeded thing is (409, 404 in the column of
 * an owner), and the comment above says so.
 */
export const TABLE = `
                                                                  nobody other worker superv. maint. owner
# Pages for people; the sign-in form comes empty, the sign-out form without its secret
GET    /                                                          303    303   303    303     303    303
GET    /status                                                    200    200   200    200     200    200
GET    /logo.svg                                                  200    200   200    200     200    200
GET    /status/tables                                             401    200   200    200     200    200
GET    /status/events                                             401    200   200    200     200    200
GET    /sign-in/:secret                                           403    403   403    403     403    403
POST   /sign-in                                                   403    403   403    403     403    403
POST   /password                                                  401    403   403    403     403    403
POST   /sign-out                                                  303    403   403    403     403    403
# The server itself
GET    /api/schema                                                200    200   200    200     200    200
GET    /api/server/about                                          200    200   200    200     200    200
GET    /api/server/plugins                                        200    200   200    200     200    200
GET    /api/server/health                                         200    200   200    200     200    200
GET    /api/server/metrics                                        401    403   403    403     403    403
GET    /api/server/health/live                                    200    200   200    200     200    200
GET    /api/server/health/ready                                   200    200   200    200     200    200
# Signing in (with a wrong password). Everybody asks with an access token, and those manage neither passwords nor tokens
POST   /api/auth/login                                            400    400   400    400     400    400
POST   /api/auth/logout                                           401    200   200    200     200    200
POST   /api/auth/password/change                                  401    403   403    403     403    403
GET    /api/auth/access_tokens                                    401    200   200    200     200    200
POST   /api/auth/access_tokens                                    401    403   403    403     403    403
GET    /api/auth/access_tokens/self                               401    200   200    200     200    200
GET    /api/auth/access_tokens/:id                                401    404   404    404     404    200
PATCH  /api/auth/access_tokens/:id                                401    404   404    404     404    403
DELETE /api/auth/access_tokens/:id                                401    404   404    404     404    403
# Users; the one looked up is the owner
GET    /api/users                                                 401    200   200    200     200    200
POST   /api/users                                                 401    403   403    403     403    403
GET    /api/users/self                                            401    200   200    200     200    200
GET    /api/users/self/settings                                   401    200   200    200     200    200
PATCH  /api/users/self/settings                                   401    200   200    200     200    200
GET    /api/users/:id                                             401    404   200    200     200    200
PATCH  /api/users/:id                                             401    404   403    403     403    200
DELETE /api/users/:id                                             401    404   403    403     403    403
# Organizations; one with tasks is not closed (409)
GET    /api/organizations                                         401    200   200    200     200    200
POST   /api/organizations                                         401    201   201    201     201    201
GET    /api/organizations/:id                                     401    404   200    200     200    200
PATCH  /api/organizations/:id                                     401    404   403    403     200    200
DELETE /api/organizations/:id                                     401    404   403    403     403    409
GET    /api/memberships                                           401    200   200    200     200    200
POST   /api/memberships                                           401    404   403    403     201    201
GET    /api/memberships/:id                                       401    404   200    200     200    200
PATCH  /api/memberships/:id                                       401    404   403    403     200    200
DELETE /api/memberships/:id                                       401    404   403    403     204    204
# Tasks
GET    /api/tasks                                                 401    200   200    200     200    200
POST   /api/tasks                                                 401    404   403    201     201    201
GET    /api/tasks/:id                                             401    404   200    200     200    200
PATCH  /api/tasks/:id                                             401    404   403    200     200    200
DELETE /api/tasks/:id                                             401    404   403    403     204    204
GET    /api/tasks/:id/status                                      401    404   200    200     200    200
GET    /api/labels                                                401    200   200    200     200    200
GET    /api/labels/:id                                            401    404   200    200     200    200
PATCH  /api/labels/:id                                            401    404   403    200     200    200
DELETE /api/labels/:id                                            401    404   403    204     204    204
GET    /api/projects                                              401    200   200    200     200    200
# Media. Uploads go to a task without a job, which the worker has nothing to do with; an upload is that of who began it. Images have no one original file
POST   /api/tasks/:id/data                                        401    404   404    202     202    202
PATCH  /api/tasks/:id/data/:upload                                401    404   404    403     403    204
HEAD   /api/tasks/:id/data/:upload                                401    404   404    403     403    200
GET    /api/tasks/:id/data                                        401    404   200    200     200    200
GET    /api/tasks/:id/data/meta                                   401    404   200    200     200    200
PATCH  /api/tasks/:id/data/meta                                   401    404   403    200     200    200
GET    /api/tasks/:id/data/frames                                 401    404   200    200     200    200
GET    /api/tasks/:id/data/original                               401    404   404    404     404    404
GET    /api/tasks/:id/preview                                     401    404   200    200     200    200
# Jobs
GET    /api/jobs                                                  401    200   200    200     200    200
GET    /api/jobs/:id                                              401    404   200    200     200    200
PATCH  /api/jobs/:id                                              401    404   200    200     200    200
GET    /api/jobs/:id/data                                         401    404   200    200     200    200
GET    /api/jobs/:id/data/frames                                  401    404   200    200     200    200
GET    /api/jobs/:id/data/meta                                    401    404   200    200     200    200
PATCH  /api/jobs/:id/data/meta                                    401    404   200    200     200    200
GET    /api/jobs/:id/preview                                      401    404   200    200     200    200
# Annotations
GET    /api/jobs/:id/events                                       401    404   200    200     200    200
GET    /api/jobs/:id/annotations                                  401    404   200    200     200    200
PUT    /api/jobs/:id/annotations                                  401    404   200    200     200    200
PATCH  /api/jobs/:id/annotations                                  401    404   200    200     200    200
DELETE /api/jobs/:id/annotations                                  401    404   204    204     204    204
GET    /api/jobs/:id/annotations/:object                          401    404   200    200     200    200
# The seeded object is a shape and has no keyframes, nor is it a track to be cut (400)
PATCH  /api/jobs/:id/annotations/:object/keyframes                401    404   400    400     400    400
POST   /api/jobs/:id/annotations/:object/split                    401    404   400    400     400    400
POST   /api/jobs/:id/annotations/:object/trim                     401    404   400    400     400    400
POST   /api/jobs/:id/annotations/merge                            401    404   400    400     400    400
POST   /api/jobs/:id/annotations/swap                             401    404   400    400     400    400
POST   /api/jobs/:id/annotations/thin                             401    404   400    400     400    400
POST   /api/jobs/:id/annotations/keyframes/delete                 401    404   400    400     400    400
POST   /api/jobs/:id/annotations/looked-at                        401    404   200    200     200    200
GET    /api/jobs/:id/annotations/looked-at                        401    404   200    200     200    200
GET    /api/jobs/:id/annotations/summary                          401    404   200    200     200    200
POST   /api/jobs/:id/annotations/confirm                          401    404   200    200     200    200
GET    /api/jobs/:id/annotations/history                          401    404   200    200     200    200
GET    /api/jobs/:id/annotations/:object/history                  401    404   200    200     200    200
POST   /api/jobs/:id/annotations/history/:change/revert           401    404   200    200     200    200
GET    /api/tasks/:id/annotations                                 401    404   200    200     200    200
PUT    /api/tasks/:id/annotations                                 401    404   403    200     200    200
PATCH  /api/tasks/:id/annotations                                 401    404   403    200     200    200
DELETE /api/tasks/:id/annotations                                 401    404   403    204     204    204
# Files of annotations; there are no backups (405)
GET    /api/server/annotation/formats                             200    200   200    200     200    200
POST   /api/tasks/:id/dataset/export                              401    404   202    202     202    202
POST   /api/jobs/:id/dataset/export                               401    404   202    202     202    202
POST   /api/tasks/:id/annotations                                 401    404   403    202     202    202
PATCH  /api/tasks/:id/annotations/:upload                         401    404   403    403     403    204
HEAD   /api/tasks/:id/annotations/:upload                         401    404   403    403     403    200
POST   /api/jobs/:id/annotations                                  401    404   202    202     202    202
PATCH  /api/jobs/:id/annotations/:upload                          401    404   403    403     403    204
HEAD   /api/jobs/:id/annotations/:upload                          401    404   403    403     403    200
POST   /api/tasks/:id/backup/export                               401    404   405    405     405    405
POST   /api/tasks/backup                                          401    405   405    405     405    405
POST   /api/projects/backup                                       401    405   405    405     405    405
# Background requests are of who asked for them
GET    /api/requests                                              401    200   200    200     200    200
GET    /api/requests/:id                                          401    404   404    404     404    200
POST   /api/requests/:id/cancel                                   401    404   404    404     404    200
GET    /api/requests/:id/result                                   401    404   404    404     404    200
# Functions; no agent answers in time (504), and a request that an agent holds is not tried again (409)
GET    /api/functions                                             401    200   200    200     200    200
POST   /api/functions                                             401    404   403    201     201    201
GET    /api/functions/info                                        401    200   200    200     200    200
GET    /api/functions/:id                                         401    404   200    200     200    200
DELETE /api/functions/:id                                         401    404   403    403     204    204
GET    /api/functions/:id/agents                                  401    404   200    200     200    200
POST   /api/functions/:id/run                                     401    404   504    504     504    504
GET    /api/functions/requests                                    401    200   200    200     200    200
POST   /api/functions/requests                                    401    404   201    201     201    201
GET    /api/functions/requests/:rid                               401    404   404    404     200    200
DELETE /api/functions/requests/:rid                               401    404   404    404     204    204
POST   /api/functions/requests/:rid/retry                         401    404   404    404     409    409
# Serverless functions; the tests deploy none
GET    /api/lambda/functions                                      401    200   200    200     200    200
GET    /api/lambda/functions/:id                                  401    404   404    404     404    404
POST   /api/lambda/functions/:id                                  401    404   404    404     404    404
# Queues, as agents see them; the seeded request is no run, so it takes no frames (409)
GET    /api/functions/queues/:q/watch                             401    404   403    403     200    200
POST   /api/functions/queues/:q/requests/acquire                  401    404   403    403     200    200
POST   /api/functions/queues/:q/requests/:rid/update              401    404   403    403     204    204
POST   /api/functions/queues/:q/requests/:rid/frames              401    404   403    403     409    409
POST   /api/functions/queues/:q/requests/:rid/complete            401    404   403    403     204    204
POST   /api/functions/queues/:q/requests/:rid/fail                401    404   403    403     204    204
# Runs; the seeded one has no objects left to go on with (400)
GET    /api/runs                                                  401    200   200    200     200    200
POST   /api/runs                                                  401    404   201    201     201    201
POST   /api/runs/estimate                                         401    404   200    200     200    200
GET    /api/runs/:id                                              401    404   200    200     200    200
GET    /api/runs/:id/frames                                       401    404   200    200     200    200
GET    /api/runs/:id/events                                       401    404   200    200     200    200
POST   /api/runs/:id/cancel                                       401    404   200    200     200    200
POST   /api/runs/:id/continue                                     401    404   400    400     400    400
POST   /api/runs/:id/revert                                       401    404   200    200     200    200
DELETE /api/runs/:id                                              401    404   204    204     204    204
`;

/** What a route is called with, where the address alone is not enough. */
export type Call = {
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** The seeded task has no media yet. */
  readonly bare?: true;
};

const chunk: Call = {
  body: new Uint8Array(10),
  headers: { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '0', 'Tus-Resumable': '1.0.0' },
};
const inStudio = { 'X-Organization': 'studio' };

/** How routes are called. A path parameter that is missing here stands for the resource that the path begins with. */
export const CALLS: Record<string, (seed: Seed) => Call> = {
  'POST /api/auth/login': () => ({ body: { username: 'owner', password: 'none has one' } }),
  'POST /api/auth/password/change': () => ({ body: { new_password1: 'a b c d e', new_password2: 'differs' } }),
  'POST /api/auth/access_tokens': () => ({ body: { name: 'more' } }),
  'PATCH /api/auth/access_tokens/:id': () => ({ body: { name: 'other' } }),
  'POST /api/users': (seed) => ({ body: { username: `made-${seed.task}` } }),
  'PATCH /api/users/self/settings': () => ({ body: { theme: 'dark' } }),
  'PATCH /api/users/:id': () => ({ body: { first_name: 'O' } }),
  'POST /api/organizations': (seed) => ({ body: { slug: `org${seed.task}` } }),
  'PATCH /api/organizations/:id': () => ({ body: { description: 'changed' } }),
  'POST /api/memberships': (seed) => ({ body: { username: seed.username, role: 'worker' }, headers: inStudio }),
  'PATCH /api/memberships/:id': () => ({ body: { role: 'supervisor' } }),
  'POST /api/tasks': () => ({ body: { name: 'new', labels: [] }, headers: inStudio }),
  'PATCH /api/tasks/:id': () => ({ body: { name: 'renamed' } }),
  'PATCH /api/labels/:id': () => ({ body: { name: 'renamed' } }),
  'POST /api/tasks/:id/data': () => ({ headers: { 'Upload-Start': '' }, bare: true }),
  'PATCH /api/tasks/:id/data/:upload': () => ({ ...chunk, bare: true }),
  'PATCH /api/tasks/:id/annotations/:upload': () => chunk,
  'PATCH /api/jobs/:id/annotations/:upload': () => chunk,
  'HEAD /api/tasks/:id/data/:upload': () => ({ bare: true }),
  'GET /api/tasks/:id/data': () => ({ query: 'type=frame&number=1&quality=original' }),
  'GET /api/jobs/:id/data': () => ({ query: 'type=chunk&number=0&quality=compressed' }),
  'PATCH /api/tasks/:id/data/meta': () => ({ body: { deleted_frames: [1] } }),
  'PATCH /api/jobs/:id/data/meta': () => ({ body: { deleted_frames: [1] } }),
  'PATCH /api/jobs/:id': () => ({ body: { state: 'completed' } }),
  'PUT /api/jobs/:id/annotations': (seed) => ({ body: { tags: [tag(seed)] } }),
  'PATCH /api/jobs/:id/annotations': (seed) => ({ query: 'action=create', body: { tags: [tag(seed)] } }),
  'PATCH /api/jobs/:id/annotations/:object/keyframes': () => ({ body: { remove: [99] } }),
  'POST /api/jobs/:id/annotations/:object/split': () => ({ body: { frame: 0 } }),
  'POST /api/jobs/:id/annotations/:object/trim': () => ({ body: { frame: 0, side: 'after' } }),
  'POST /api/jobs/:id/annotations/merge': (seed) => ({ body: { objects: [seed.object, 999_999] } }),
  'POST /api/jobs/:id/annotations/swap': (seed) => ({ body: { objects: [seed.object, 999_999], frame: 0 } }),
  'POST /api/jobs/:id/annotations/thin': (seed) => ({ body: { objects: [seed.object], iou: 0.9 } }),
  'POST /api/jobs/:id/annotations/keyframes/delete': (seed) => ({ body: { objects: [seed.object], ranges: [[0, 0]] } }),
  'POST /api/jobs/:id/annotations/looked-at': (seed) => ({ body: { objects: [seed.object], ranges: [[0, 0]] } }),
  'POST /api/jobs/:id/annotations/confirm': (seed) => ({ body: { object: seed.object } }),
  'PUT /api/tasks/:id/annotations': (seed) => ({ body: { tags: [tag(seed)] } }),
  'PATCH /api/tasks/:id/annotations': (seed) => ({ query: 'action=create', body: { tags: [tag(seed)] } }),
  'POST /api/tasks/:id/dataset/export': () => ({ query: 'format=COCO%201.0&save_images=False' }),
  'POST /api/jobs/:id/dataset/export': () => ({ query: 'format=COCO%201.0&save_images=False' }),
  'POST /api/tasks/:id/annotations': () => ({ query: 'format=COCO%201.0', headers: { 'Upload-Start': '' } }),
  'POST /api/jobs/:id/annotations': () => ({ query: 'format=COCO%201.0', headers: { 'Upload-Start': '' } }),
  'POST /api/functions': () => ({
    body: { provider: 'native', name: 'new', kind: 'tracker', supported_shape_types: ['polygon'] },
    headers: inStudio,
  }),
  'POST /api/functions/:id/run': (seed) => ({ body: tracking(seed) }),
  'POST /api/lambda/functions/:id': (seed) => ({ body: { task: seed.task, frame: 0, shapes: [] } }),
  'POST /api/functions/requests': (seed) => ({ body: { ...tracking(seed), function: seed.function } }),
  'POST /api/functions/queues/:q/requests/acquire': () => ({ body: { agent_id: 'agent2', request_category: 'batch' } }),
  'POST /api/functions/queues/:q/requests/:rid/update': () => ({ body: { agent_id: AGENT, progress: 0.5 } }),
  'POST /api/functions/queues/:q/requests/:rid/complete': () => ({ body: { agent_id: AGENT, states: ['s1'] } }),
  'POST /api/functions/queues/:q/requests/:rid/fail': () => ({ body: { agent_id: AGENT, exc_info: 'tired' } }),
  'POST /api/functions/queues/:q/requests/:rid/frames': () => ({
    body: {
      agent_id: AGENT,
      fence: 1,
      frames: [{ frame: 1, objects: [{ id: 0, shape: null, presence: -1, predicted_iou: 0 }] }],
    },
  }),
  'POST /api/runs': (seed) => ({
    body: { function: seed.function, job: seed.job, start_frame: 0, target_frame: 1, objects: [{ id: seed.object }] },
  }),
  'POST /api/runs/estimate': (seed) => ({
    body: { function: seed.function, job: seed.job, start_frame: 0, target_frame: 1 },
  }),
  'POST /api/runs/:id/continue': () => ({ body: { target_frame: 1 } }),
};

const tag = (seed: Seed) => ({ frame: 0, label_id: seed.label, attributes: [] });
const tracking = (seed: Seed) => ({
  type: 'init_tracking',
  task: seed.task,
  job: seed.job,
  frame: 0,
  shapes: [{ type: 'polygon', points: [1, 1, 6, 1, 6, 6] }],
});
