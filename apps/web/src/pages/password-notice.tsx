import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { wordsOf } from '../api/http.ts';
import { people } from '../api/server.ts';
import { t } from '../texts/en.ts';
import { Button } from '../ui/controls/button.tsx';
import { TextField } from '../ui/controls/fields.tsx';
import styles from './pages.module.css';
import { useSelf } from './shell.tsx';

const LEAST = 8;

/** Asks who came by a sign-in link for a password; nothing for everybody else. */
export function PasswordNotice() {
  const self = useSelf();
  const queries = useQueryClient();
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const [problem, setProblem] = useState<string>();
  const [isDone, setDone] = useState(false);
  if (isDone)
    return (
      <p className={styles.notice} role="status">
        {t.passwordForm.done}
      </p>
    );
  if (self.data?.has_password !== false) return null;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (next.length < LEAST) return setProblem(t.passwordForm.short);
    if (next !== again) return setProblem(t.passwordForm.different);
    try {
      await people.changePassword(next, again);
      setDone(true);
      await queries.invalidateQueries({ queryKey: ['self'] });
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  const field = (text: string, value: string, set: (value: string) => void) => (
    <label className={styles.label}>
      {text}
      <TextField
        type="password"
        autoComplete="new-password"
        required
        value={value}
        onChange={(event) => set(event.target.value)}
      />
    </label>
  );
  return (
    <form className={styles.notice} aria-label={t.passwordForm.title} onSubmit={(event) => void submit(event)}>
      <p>{t.passwordForm.why}</p>
      {problem !== undefined && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
      <input type="text" hidden autoComplete="username" readOnly value={self.data.username} />
      {field(t.passwordForm.next, next, setNext)}
      {field(t.passwordForm.again, again, setAgain)}
      <Button kind="primary" type="submit">
        {t.passwordForm.submit}
      </Button>
    </form>
  );
}
