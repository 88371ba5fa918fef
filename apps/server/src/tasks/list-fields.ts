import { sql } from 'drizzle-orm';
import { jobs, labels, taskMedia, tasks, users } from '../database/schema/index.ts';
import type { Fields } from '../http/list-filters.ts';

const nameOf = (id: typeof tasks.ownerId | typeof tasks.assigneeId | typeof jobs.assigneeId) =>
  sql`(select ${users.username} from ${users} where ${users.id} = ${id})`;

/** As in `showTasks`: what the stages and states of its jobs say of a task. */
const taskStatus = sql`(select case
  when count(*) > 0 and bool_and(${jobs.stage} = 'acceptance' and ${jobs.state} = 'completed') then 'completed'
  when count(*) > 0 and not bool_or(${jobs.stage} = 'annotation') then 'validation'
  else 'annotation' end from ${jobs} where ${jobs.taskId} = ${tasks.id})`;
const taskMode = sql`(select case ${taskMedia.kind} when 'video' then 'interpolation' else 'annotation' end from ${taskMedia} where ${taskMedia.taskId} = ${tasks.id})`;

/** By what the lists of tasks, jobs and labels can be filtered; the names are CVAT's. */
export const TASK_FIELDS: Fields = {
  id: tasks.id,
  name: tasks.name,
  owner: nameOf(tasks.ownerId),
  assignee: nameOf(tasks.assigneeId),
  subset: tasks.subset,
  status: taskStatus,
  mode: taskMode,
  dimension: sql`'2d'`,
  tracker_link: tasks.bugTracker,
  project_id: sql`null`,
  project_name: sql`null`,
  updated_date: tasks.updatedDate,
};

/** Of jobs with their tasks. */
export const JOB_FIELDS: Fields = {
  id: jobs.id,
  task_id: jobs.taskId,
  task_name: tasks.name,
  assignee: nameOf(jobs.assigneeId),
  state: jobs.state,
  stage: jobs.stage,
  type: sql`'annotation'`,
  dimension: sql`'2d'`,
  project_id: sql`null`,
  project_name: sql`null`,
  updated_date: jobs.updatedDate,
};

/** Of labels with their tasks. */
export const LABEL_FIELDS: Fields = {
  id: labels.id,
  name: labels.name,
  type: labels.type,
  color: labels.color,
  parent: sql`null`,
  task_id: labels.taskId,
  project_id: sql`null`,
};
