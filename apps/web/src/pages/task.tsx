import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation, useParams } from 'wouter';
import { wordsOf } from '../api/http.ts';
import { jobs, tasks } from '../api/server.ts';
import type { Job, Label, Task } from '../api/types.ts';
import { t } from '../texts/en.ts';
import { Button } from '../ui/controls/button.tsx';
import styles from './pages.module.css';
import { Failed, Loading, Shell } from './shell.tsx';

export default function TaskPage() {
  const id = Number(useParams().task);
  const task = useQuery({ queryKey: ['task', id], queryFn: ({ signal }) => tasks.get(id, signal) });
  const list = useQuery({
    queryKey: ['task', id, 'jobs'],
    queryFn: ({ signal }) => tasks.jobs(id, signal),
    refetchInterval: 15_000,
  });
  const labels = useQuery({ queryKey: ['task', id, 'labels'], queryFn: ({ signal }) => tasks.labels(id, signal) });
  if (task.isError)
    return (
      <Shell title={t.pages.tasks}>
        <Failed error={task.error} retry={() => void task.refetch()} />
      </Shell>
    );
  if (!task.data)
    return (
      <Shell title={t.pages.tasks}>
        <Loading />
      </Shell>
    );
  return (
    <Shell title={task.data.name}>
      <Head task={task.data} job={list.data?.[0]} />
      <h2>{t.task.jobs}</h2>
      {list.isError ? (
        <Failed error={list.error} retry={() => void list.refetch()} />
      ) : list.data?.length === 0 ? (
        <p className={styles.problem}>{t.task.noData}</p>
      ) : (
        <div className={styles.card}>
          <JobTable task={id} rows={list.data ?? []} />
        </div>
      )}
      <h2>{t.task.labels}</h2>
      <LabelChips labels={labels.data ?? []} />
    </Shell>
  );
}

function Head({ task, job }: { task: Task; job: Job | undefined }) {
  const [, navigate] = useLocation();
  const [problem, setProblem] = useState<string>();
  const meta = useQuery({
    queryKey: ['job', job?.id, 'meta'],
    queryFn: ({ signal }) => jobs.meta(job!.id, signal),
    enabled: job !== undefined,
  });
  const frame = meta.data?.frames[0];
  const remove = async () => {
    if (!globalThis.confirm(t.task.deleteSure(task.name, task.size ?? 0))) return;
    try {
      await tasks.delete(task.id);
      navigate('/tasks');
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  return (
    <>
      <div className={styles.head}>
        <h1>{task.name}</h1>
        {job && (
          <Button kind="primary" onClick={() => navigate(`/tasks/${task.id}/jobs/${job.id}`)}>
            {t.task.open(job.id)}
          </Button>
        )}
        <Button onClick={() => void remove()}>{t.task.delete}</Button>
      </div>
      {problem !== undefined && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
      <div className={styles.row}>
        {job && (
          <img className={styles.preview} src={`/api/tasks/${task.id}/preview`} alt={t.task.preview(task.name)} />
        )}
        <p className={styles.soft}>{frame && t.task.facts(task.mode, task.size, frame.width, frame.height)}</p>
      </div>
    </>
  );
}

function JobTable({ task, rows }: { task: number; rows: readonly Job[] }) {
  const { columns } = t.task;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th>{columns.job}</th>
          <th>{columns.frames}</th>
          <th>{columns.stage}</th>
          <th>{columns.state}</th>
          <th>{columns.assignee}</th>
          <th>{columns.updated}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((job) => (
          <tr key={job.id}>
            <td>
              <Link href={`/tasks/${task}/jobs/${job.id}`}>{t.task.open(job.id)}</Link>
            </td>
            <td>{t.task.range(job.start_frame, job.stop_frame)}</td>
            <td>{job.stage}</td>
            <td>{job.state}</td>
            <td className={job.assignee ? undefined : styles.soft}>{job.assignee?.username ?? t.task.nobody}</td>
            <td className={styles.soft}>{t.pages.date(job.updated_date)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function LabelChips({ labels }: { labels: readonly Label[] }) {
  return (
    <div className={styles.row}>
      {labels.map((label) => (
        <span key={label.id} className={styles.chip}>
          <span className={styles.dot} style={{ background: label.color }} />
          {label.name}
        </span>
      ))}
    </div>
  );
}
