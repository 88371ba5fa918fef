import { Eye, EyeOff, Lock, LockOpen } from 'lucide-react';
import { useMemo, useState } from 'react';
import { toggleLabel } from '../../commands/flags.ts';
import { t } from '../../texts/en.ts';
import { IconButton } from '../controls/button.tsx';
import { classes } from '../controls/class-names.ts';
import { TextField } from '../controls/fields.tsx';
import { useDesk, useDocument, useView } from '../workspace/use-desk.ts';
import { drawNext } from './draw-next.ts';
import styles from './labels.module.css';

/** Labels of the task: how many objects each has, lock and hide per label, and which one is drawn next. */
export function LabelsPanel() {
  const desk = useDesk();
  const [text, setText] = useState('');
  const next = useView((view) => view.options.label);
  const counts = useCounts();
  const { list } = desk.labels;
  const found = list.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
  if (list.length === 0) return <p className={styles.empty}>{t.labels.none}</p>;
  return (
    <div className={styles.panel}>
      {list.length > 8 && (
        <div className={styles.search}>
          <TextField
            type="search"
            aria-label={t.labels.search}
            placeholder={t.labels.search}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
      )}
      <ul className={styles.list} aria-label={t.labels.list}>
        {found.map((label) => {
          const count = counts.get(label.id);
          const at = list.indexOf(label);
          return (
            <li key={label.id} className={classes(styles.row, label.id === next && styles.next)}>
              <span className={styles.swatch} style={{ background: label.color }} />
              <button
                type="button"
                className={styles.name}
                aria-pressed={label.id === next}
                title={t.labels.drawNext(label.name)}
                onClick={() => drawNext(desk, label.id)}
              >
                {label.name}
              </button>
              {at < 10 && <kbd className={styles.key}>{t.labels.key(String((at + 1) % 10))}</kbd>}
              <span className={styles.count} title={t.labels.count(count?.here ?? 0, count?.job ?? 0)}>
                {count?.here ?? 0} / {count?.job ?? 0}
              </span>
              <IconButton
                label={count?.locked ? t.objects.unlockAll : t.objects.lockAll}
                tiny
                aria-pressed={count?.locked ?? false}
                disabled={!count}
                onClick={() => toggleLabel(desk, label.id, 'locked')}
              >
                {count?.locked ? <Lock size={14} /> : <LockOpen size={14} />}
              </IconButton>
              <IconButton
                label={count?.hidden ? t.objects.showAll : t.objects.hideAll}
                tiny
                aria-pressed={count?.hidden ?? false}
                disabled={!count}
                onClick={() => toggleLabel(desk, label.id, 'hidden')}
              >
                {count?.hidden ? <EyeOff size={14} /> : <Eye size={14} />}
              </IconButton>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

interface LabelCount {
  here: number;
  job: number;
  locked: boolean;
  hidden: boolean;
}

function useCounts(): ReadonlyMap<number, LabelCount> {
  const desk = useDesk();
  const frame = useView((view) => view.frame);
  const document = useDocument((state) => state.document);
  return useMemo(() => {
    const counts = new Map<number, LabelCount>();
    for (const { label, locked, hidden } of document.objects.values()) {
      const count = counts.get(label) ?? { here: 0, job: 0, locked: true, hidden: true };
      count.job++;
      count.locked &&= locked;
      count.hidden &&= hidden;
      counts.set(label, count);
    }
    for (const { record } of desk.store.visible(frame)) {
      const count = counts.get(record.label);
      if (count) count.here++;
    }
    return counts;
  }, [desk, frame, document]);
}
