import { Progress } from 'radix-ui';
import type { Run } from '../../api/types.ts';
import { t } from '../../texts/en.ts';
import { classes } from '../controls/class-names.ts';
import { runPercent } from './run-words.ts';
import styles from './runs.module.css';

export function RunBar({ run }: { run: Run }) {
  const percent = runPercent(run);
  return (
    <Progress.Root className={styles.bar} value={percent} aria-label={t.runs.progress(percent)}>
      <Progress.Indicator className={classes(styles.filled, styles[run.state])} style={{ width: `${percent}%` }} />
    </Progress.Root>
  );
}
