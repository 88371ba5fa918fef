import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ChevronLeft, ChevronRight, Plus } from 'lucide-react';
import { useState } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { tasks } from '../api/server.ts';
import type { Task } from '../api/types.ts';
import { t } from '../texts/en.ts';
import { Button, IconButton } from '../ui/controls/button.tsx';
import { TextField } from '../ui/controls/fields.tsx';
import styles from './pages.module.css';
import { PasswordNotice } from './password-notice.tsx';
import { Failed, Loading, Shell } from './shell.tsx';

const PAGE_SIZE = 25;

export default function TaskListPage() {
  const [, navigate] = useLocation();
  const [params, setParams] = useSearchParams();
  const page = Math.max(1, Number(params.get('page')) || 1);
  const search = params.get('search') ?? '';
  const [typed, setTyped] = useState(search);
  const list = useQuery({
    queryKey: ['tasks', page, search],
    queryFn: ({ signal }) => tasks.list({ page, page_size: PAGE_SIZE, ...(search === '' ? {} : { search }) }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
  const go = (next: { page?: number; search?: string }) =>
    setParams({
      ...((next.search ?? search) === '' ? {} : { search: next.search ?? search }),
      ...(next.page && next.page > 1 ? { page: String(next.page) } : {}),
    });
  const pages = Math.max(1, Math.ceil((list.data?.count ?? 0) / PAGE_SIZE));
  return (
    <Shell title={t.pages.tasks}>
      <PasswordNotice />
      <div className={styles.head}>
        <h1>{t.pages.tasks}</h1>
        <search>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              go({ search: typed.trim() });
            }}
          >
            <TextField
              type="search"
              aria-label={t.taskList.search}
              placeholder={t.taskList.search}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          </form>
        </search>
        <Button kind="primary" onClick={() => navigate('/tasks/new')}>
          <Plus size={16} aria-hidden />
          {t.taskList.create}
        </Button>
      </div>
      {list.isPending ? (
        <Loading />
      ) : list.isError ? (
        <Failed error={list.error} retry={() => void list.refetch()} />
      ) : list.data.results.length === 0 ? (
        <div className={`${styles.card} ${styles.empty}`}>
          <p>{search === '' ? t.taskList.none : t.taskList.noneFound(search)}</p>
          {search === '' && <p className={styles.soft}>{t.taskList.noneHint}</p>}
        </div>
      ) : (
        <div className={styles.card}>
          <TaskTable rows={list.data.results} />
        </div>
      )}
      {pages > 1 && (
        <div className={styles.row} style={{ marginTop: '1rem' }}>
          <IconButton label={t.taskList.previous} disabled={page <= 1} onClick={() => go({ page: page - 1 })}>
            <ChevronLeft size={18} />
          </IconButton>
          {t.taskList.page(page, pages)}
          <IconButton label={t.taskList.next} disabled={page >= pages} onClick={() => go({ page: page + 1 })}>
            <ChevronRight size={18} />
          </IconButton>
        </div>
      )}
    </Shell>
  );
}

function TaskTable({ rows }: { rows: readonly Task[] }) {
  const { columns } = t.taskList;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th>{columns.name}</th>
          <th>{columns.media}</th>
          <th>{columns.jobs}</th>
          <th>{columns.owner}</th>
          <th>{columns.updated}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((task) => (
          <tr key={task.id}>
            <td className={styles.wide}>
              <Link href={`/tasks/${task.id}`} className={styles.name}>
                {task.size > 0 ? (
                  <img className={styles.thumb} src={`/api/tasks/${task.id}/preview`} alt="" loading="lazy" />
                ) : (
                  <span className={styles.thumb} />
                )}
                {task.name}
              </Link>
            </td>
            <td>{t.taskList.media(task.mode, task.size ?? 0)}</td>
            <td>{t.taskList.jobs(task.jobs.completed, task.jobs.count)}</td>
            <td>{task.owner?.username}</td>
            <td className={styles.soft}>{t.pages.date(task.updated_date)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
