import { type ReactNode, useMemo, useState } from 'react';
import { propagate, propagated } from '../../commands/propagate.ts';
import { toFrame } from '../../document/records.ts';
import { t } from '../../texts/en.ts';
import { Button } from '../controls/button.tsx';
import { NumberField } from '../controls/fields.tsx';
import { useDesk, useDocument, useView } from '../workspace/use-desk.ts';
import styles from './action-dialog.module.css';

/** The same shapes on the frames up to a target; backward too. What is there already is not doubled. */
export function PropagateForm({ children, onClose }: { children: ReactNode; onClose: () => void }) {
  const desk = useDesk();
  const frame = useView((view) => view.frame);
  const selection = useView((view) => view.selection);
  const document = useDocument((state) => state.document);
  const [target, setTarget] = useState<number>(desk.last);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the document or the frame changes what is there
  const uids = useMemo(
    () => (selection.length > 0 ? selection : desk.store.visible(frame).map(({ uid }) => uid)),
    [desk, selection, frame, document],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  const made = useMemo(() => propagated(desk, uids, toFrame(target)), [desk, uids, target, frame, document]);
  const copies = Math.abs(target - frame);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (made.length === 0) return;
        const count = propagate(desk, uids, toFrame(target));
        if (count > 0) onClose();
      }}
    >
      {children}
      <div className={styles.row}>
        <label htmlFor="propagate-target">{t.actionDialog.target}</label>
        <div className={styles.target}>
          <NumberField
            id="propagate-target"
            data-autofocus
            className={styles.number}
            value={target}
            min={desk.first}
            max={desk.last}
            onChange={setTarget}
          />
          <span className={styles.muted}>{t.actionDialog.targetOf(desk.first, desk.last)}</span>
        </div>
      </div>
      <div className={styles.row}>
        <label htmlFor="propagate-copies">{t.actionDialog.copies}</label>
        <div className={styles.target}>
          <NumberField
            id="propagate-copies"
            className={styles.number}
            value={copies}
            min={0}
            max={target < frame ? frame - desk.first : desk.last - frame}
            onChange={(value) => setTarget(target < frame ? frame - value : frame + value)}
          />
        </div>
      </div>
      <div className={styles.foot}>
        <p className={styles.problem} role="status">
          {made.length === 0 ? t.actionDialog.nothingToPropagate : t.actionDialog.willAdd(made.length)}
        </p>
        <Button onClick={onClose}>{t.general.close}</Button>
        <Button type="submit" kind="primary" disabled={made.length === 0}>
          {t.actionDialog.run}
        </Button>
      </div>
    </form>
  );
}
