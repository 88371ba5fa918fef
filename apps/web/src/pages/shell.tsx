import { useQuery } from '@tanstack/react-query';
import { CircleUserRound } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { wordsOf } from '../api/http.ts';
import { people } from '../api/server.ts';
import { t } from '../texts/en.ts';
import { Button, IconButton } from '../ui/controls/button.tsx';
import { Menu } from '../ui/controls/menu.tsx';
import styles from './pages.module.css';

/** Who is signed in. */
export function useSelf() {
  return useQuery({ queryKey: ['self'], queryFn: ({ signal }) => people.self(signal), staleTime: 300_000 });
}

/** Head and middle of the pages around the workspace. */
export function Shell({ title, children }: { title: string; children: ReactNode }) {
  const [location] = useLocation();
  const self = useSelf();
  const signOut = () => void people.signOut().finally(() => globalThis.location.assign('/sign-in'));
  return (
    <div className={styles.shell}>
      <title>{`${title} · ${t.pages.product}`}</title>
      <a className={styles.skip} href="#main">
        {t.pages.skip}
      </a>
      <header className={styles.header}>
        <Link href="/tasks" className={styles.brand}>
          <img src="/favicon.svg" width={24} height={24} alt="" />
          {t.pages.product}
        </Link>
        <nav className={styles.nav} aria-label={t.pages.main}>
          <Link href="/tasks" aria-current={location.startsWith('/tasks') ? 'page' : undefined}>
            {t.pages.tasks}
          </Link>
          <a href="/status">{t.pages.status}</a>
          <a href="/api/docs/">{t.pages.api}</a>
        </nav>
        {self.data && <span className={styles.soft}>{self.data.username}</span>}
        <Menu label={t.pages.account} entries={() => [{ text: t.pages.signOut, run: signOut }]}>
          <IconButton label={t.pages.account}>
            <CircleUserRound size={18} />
          </IconButton>
        </Menu>
      </header>
      <main id="main" className={styles.main} tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

export function Loading() {
  return (
    <p className={styles.soft} role="status">
      {t.pages.loading}
    </p>
  );
}

export function Failed({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <div className={styles.form}>
      <p className={styles.problem} role="alert">
        {t.pages.failed}: {wordsOf(error)}
      </p>
      <div>
        <Button onClick={retry}>{t.general.retry}</Button>
      </div>
    </div>
  );
}
