import { type ReactNode, useMemo, useState } from 'react';
import { removable, removeShapes } from '../../commands/remove-filtered.ts';
import { t } from '../../texts/en.ts';
import { Button } from '../controls/button.tsx';
import { useDesk, useDocument, useView } from '../workspace/use-desk.ts';
import styles from './action-dialog.module.css';
import { FrameRange } from './frame-range.tsx';

/** Removes shapes that the filter names from a range of frames; tracks stay. */
export function RemoveForm({ children, onClose }: { children: ReactNode; onClose: () => void }) {
  const desk = useDesk();
  const frame = useView((view) => view.frame);
  const filter = useView((view) => view.filter);
  const document = useDocument((state) => state.document);
  const [range, setRange] = useState<readonly [number, number]>([frame, frame]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the document or the filter changes what is there
  const shapes = useMemo(() => removable(desk, ...range), [desk, range, document, filter]);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (removeShapes(desk, shapes)) onClose();
      }}
    >
      {children}
      <FrameRange range={range} onChange={setRange} />
      <div className={styles.foot}>
        <p className={styles.problem} role="status">
          {t.actionDialog.willRemove(shapes.length)}
        </p>
        <Button onClick={onClose}>{t.general.close}</Button>
        <Button type="submit" kind="primary" disabled={shapes.length === 0}>
          {t.actionDialog.run}
        </Button>
      </div>
    </form>
  );
}
