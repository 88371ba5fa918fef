import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { jobs, tasks } from '../api/server.ts';
import { t } from '../texts/en.ts';
import styles from './pages.module.css';

/** For how long the first start may take to make its sample. */
const PATIENCE_MS = 30_000;

/**
 * Where a sign-in link leads. With one task and nothing else, as after the first start, that is its job with the first
 * object selected; else the list of tasks.
 */
export default function StartPage() {
  const [, navigate] = useLocation();
  const { data: place } = useQuery({
    queryKey: ['start'],
    queryFn: ({ signal }) => firstPlace(signal),
    refetchInterval: ({ state }) => (state.data === undefined && Date.now() - OPENED < PATIENCE_MS ? 1_000 : false),
    gcTime: 0,
  });
  useEffect(() => {
    if (typeof place === 'string') navigate(place, { replace: true });
    else if (place === null) {
      const timer = setTimeout(() => navigate('/tasks', { replace: true }), PATIENCE_MS);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [place, navigate]);
  return (
    <main className={styles.center}>
      <title>{t.pages.product}</title>
      <div className={styles.empty} role="status">
        <h1>{t.start.title}</h1>
        <p className={styles.soft}>{t.start.hint}</p>
        <a href="/tasks">{t.pages.toTasks}</a>
      </div>
    </main>
  );
}

const OPENED = Date.now();

/** Null: there is nothing yet. */
async function firstPlace(signal: AbortSignal): Promise<string | null> {
  const { results } = await tasks.list({ page: 1, page_size: 2 }, signal);
  const [task, second] = results;
  if (!task) return null;
  if (second) return '/tasks';
  const list = await tasks.jobs(task.id, signal);
  if (list.length === 0) return null;
  if (list.length > 1) return `/tasks/${task.id}`;
  const job = list[0]!;
  const { shapes, tracks } = await jobs.annotations(job.id, signal);
  // The sample's outlines are written after its media.
  const object = tracks[0]?.id ?? shapes.find(({ frame }) => frame === job.start_frame)?.id;
  if (object === undefined && Date.now() - Date.parse(task.created_date) < 15_000) return null;
  return `/tasks/${task.id}/jobs/${job.id}${object === undefined ? '' : `?object=${object}`}`;
}
