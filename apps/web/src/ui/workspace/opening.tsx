import { useEffect, useState } from 'react';
import styles from './opening.module.css';

const SAY_AFTER_MS = 2_000;

/** The layout at once, before anything has come. After two seconds it says what it waits for. */
export function Opening({ step }: { step: string }) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SAY_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={styles.page} aria-busy="true">
      <div className={styles.top} />
      <div className={styles.middle}>
        <div className={styles.rail} />
        <div className={styles.canvas} role="status">
          {isLate ? step : ''}
        </div>
        <div className={styles.sidebar} />
      </div>
      <div className={styles.player} />
      <div className={styles.timeline} />
    </div>
  );
}
