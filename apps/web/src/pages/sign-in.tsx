import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { wordsOf } from '../api/http.ts';
import { people } from '../api/server.ts';
import { t } from '../texts/en.ts';
import { Button } from '../ui/controls/button.tsx';
import { TextField } from '../ui/controls/fields.tsx';
import styles from './pages.module.css';

/** Where a person goes after signing in: only to places of this page. */
export function placeAfter(search: string): string {
  const to = new URLSearchParams(search).get('to') ?? '/tasks';
  return /^\/(?![/\\])/.test(to) ? to : '/tasks';
}

export default function SignInPage() {
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const signedIn = () => {
    queries.clear();
    navigate(placeAfter(globalThis.location.search), { replace: true });
  };
  return (
    <main className={styles.center}>
      <title>{`${t.signIn.title} · ${t.pages.product}`}</title>
      <div className={styles.narrow}>
        <div className={styles.head}>
          <img src="/favicon.svg" width={32} height={32} alt="" />
          <h1>{t.pages.product}</h1>
        </div>
        <div className={`${styles.card} ${styles.padded}`}>
          <SignInForm onSignedIn={signedIn} />
        </div>
        <p className={styles.soft} style={{ marginTop: '1rem' }}>
          {t.signIn.first}
        </p>
      </div>
    </main>
  );
}

export function SignInForm({ onSignedIn }: { onSignedIn: () => void }) {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [isShown, setShown] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await people.signIn(username, password);
      onSignedIn();
    } catch (error) {
      setProblem(wordsOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)}>
      {problem !== undefined && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
      <label className={styles.label}>
        {t.signIn.name}
        <TextField
          name="username"
          autoComplete="username"
          required
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
      </label>
      <div className={styles.label}>
        <label htmlFor="password">{t.signIn.password}</label>
        <span className={styles.password}>
          <TextField
            id="password"
            className={styles.grow}
            name="password"
            type={isShown ? 'text' : 'password'}
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          <Button aria-pressed={isShown} onClick={() => setShown(!isShown)}>
            {isShown ? t.signIn.hide : t.signIn.show}
          </Button>
        </span>
      </div>
      <Button kind="primary" type="submit" disabled={isBusy}>
        {t.signIn.submit}
      </Button>
    </form>
  );
}
