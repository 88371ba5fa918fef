import { useState } from 'react';
import { useStore } from 'zustand';
import { wordsOf } from '../../api/http.ts';
import { people } from '../../api/server.ts';
import { t } from '../../texts/en.ts';
import { Button } from '../controls/button.tsx';
import { Dialog } from '../controls/dialog.tsx';
import { TextField } from '../controls/fields.tsx';
import styles from './sign-in-dialog.module.css';
import { useDesk } from './use-desk.ts';

/** The session of the server ended: sign in over the page, and everything goes on. Nothing of what was done is lost. */
export function SignInDialog() {
  const desk = useDesk();
  const isOut = useStore(desk.session.state, (state) => state.save.phase === 'signed-out');
  const changes = useStore(desk.session.state, ({ save }) => ('changes' in save ? save.changes : 0));
  const [isClosed, setClosed] = useState(false);
  const [problem, setProblem] = useState<string>();
  if (!isOut || isClosed) return null;
  const signIn = async (form: FormData): Promise<void> => {
    try {
      await people.signIn(String(form.get('user')), String(form.get('password')));
      const self = await people.self();
      if (self.id !== desk.user) return setProblem(t.signInAgain.other(self.username));
      setProblem(undefined);
      desk.session.signedIn();
    } catch (error) {
      setProblem(t.general.serverSays(wordsOf(error)));
    }
  };
  return (
    <Dialog title={t.signInAgain.title} keys={desk.keys} onClose={() => setClosed(true)}>
      <form className={styles.form} action={signIn}>
        <p>{t.signInAgain.intro(changes)}</p>
        <label htmlFor="again-user">{t.signInAgain.user}</label>
        <TextField id="again-user" name="user" autoComplete="username" data-autofocus required />
        <label htmlFor="again-password">{t.signInAgain.password}</label>
        <TextField id="again-password" name="password" type="password" autoComplete="current-password" required />
        {problem && <p role="alert">{problem}</p>}
        <Button type="submit" kind="primary">
          {t.signInAgain.signIn}
        </Button>
      </form>
    </Dialog>
  );
}
