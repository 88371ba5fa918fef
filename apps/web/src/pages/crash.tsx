import { Component, type ReactNode } from 'react';
import { wordsOf } from '../api/http.ts';
import { t } from '../texts/en.ts';
import { Button } from '../ui/controls/button.tsx';
import styles from './pages.module.css';

type Props = { readonly children: ReactNode };

/** Stands in for a page that failed. What was edited is in the journal before it is drawn, so nothing is lost. */
export class Crash extends Component<Props, { readonly error: unknown }> {
  override state: { readonly error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <main className={styles.center}>
        <div className={`${styles.narrow} ${styles.form}`}>
          <h1>{t.states.partFailed}</h1>
          <p className={styles.problem} role="alert">
            {wordsOf(error)}
          </p>
          <Button kind="primary" onClick={() => location.reload()}>
            {t.general.reload}
          </Button>
        </div>
      </main>
    );
  }
}
