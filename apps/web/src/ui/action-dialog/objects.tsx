import { ChevronDown } from 'lucide-react';
import { useState } from 'react';
import { t } from '../../texts/en.ts';
import { objectName } from '../../view/labels.ts';
import { Button } from '../controls/button.tsx';
import { useDesk, useView } from '../workspace/use-desk.ts';
import styles from './action-dialog.module.css';
import { leftOutText } from './problem-text.ts';
import type { RunPlan } from './use-run-plan.ts';

/** Which objects the action is about, with the reason for each that is left out. The list can be unticked. */
export function Objects({ plan: { all, picked, untick } }: { plan: RunPlan }) {
  const desk = useDesk();
  const isChosen = useView((view) => view.selection.length > 0);
  const [open, setOpen] = useState(false);
  const counts = Map.groupBy(picked, ({ kind }) => kind);
  const kinds = [...counts].map(([kind, { length }]) => `${length} ${length === 1 ? kind : `${kind}s`}`).join(', ');
  const [first] = picked;
  const out = all.length - picked.length;
  const title = !isChosen
    ? t.actionDialog.allVisible(picked.length, kinds)
    : picked.length === 1 && first
      ? t.actionDialog.one(first.kind, objectName(desk.labels, desk.numbers, first.record))
      : t.actionDialog.several(picked.length, kinds);
  return (
    <div className={styles.objects}>
      <div className={styles.objectsHead}>
        <span className={styles.who}>
          {title}
          {out > 0 && <span className={styles.muted}> · {t.actionDialog.leftOut(out)}</span>}
        </span>
        {all.length > 0 && (
          <Button small kind="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
            {t.actionDialog.change}
            <ChevronDown size={14} aria-hidden />
          </Button>
        )}
      </div>
      {open && (
        <ul className={styles.list}>
          {all.map(({ uid, record, kind, reason }) => (
            <li key={uid}>
              <label>
                <input
                  type="checkbox"
                  disabled={reason !== undefined}
                  checked={picked.some((one) => one.uid === uid)}
                  onChange={(event) => untick(uid, !event.target.checked)}
                />
                <span className={styles.swatch} style={{ background: desk.labels.color(record.label) }} />
                {objectName(desk.labels, desk.numbers, record)}
                <span className={styles.muted}>{reason === undefined ? kind : `${kind}: ${leftOutText(reason)}`}</span>
              </label>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
