import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { Simplifier } from '../../canvas/simplifier.ts';
import {
  type Conversion,
  converted,
  pointsOf,
  type Reshaped,
  reshape,
  shapesFor,
  simplified,
} from '../../commands/convert.ts';
import { t } from '../../texts/en.ts';
import { Button } from '../controls/button.tsx';
import { Range } from '../controls/fields.tsx';
import { useDesk, useDocument, useView } from '../workspace/use-desk.ts';
import styles from './action-dialog.module.css';
import { FrameRange } from './frame-range.tsx';

interface ConvertFormProps {
  action: Conversion | 'simplify';
  children: ReactNode;
  onClose: () => void;
}

/** Conversions of shapes, and simplifying them: what would come of it is computed and said before Run. */
export function ConvertForm({ action, children, onClose }: ConvertFormProps) {
  const desk = useDesk();
  const frame = useView((view) => view.frame);
  const selection = useView((view) => view.selection);
  const filter = useView((view) => view.filter);
  const document = useDocument((state) => state.document);
  const [range, setRange] = useState<readonly [number, number]>([frame, frame]);
  const [iou, setIou] = useState(0.98);
  const [from = '', to = ''] = action === 'simplify' ? ['polygon', 'polygon'] : action.split('-');
  const hasBound = to === 'polygon' && from !== 'rectangle';
  const isChosen = selection.length > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the document or the filter changes what is there
  const shapes = useMemo(
    () => (isChosen ? shapesFor(desk, [from], desk.first, desk.last) : shapesFor(desk, [from], ...range)),
    [desk, from, range, document, selection, filter, isChosen],
  );
  const changes = useChanges(action, shapes, to, iou);
  const before = shapes.reduce((sum, { geometry }) => sum + pointsOf(geometry), 0);
  const saved = (changes ?? []).reduce(
    (sum, { record, geometry }) => sum + pointsOf(record.geometry) - pointsOf(geometry),
    0,
  );
  const words =
    changes === undefined
      ? t.actionDialog.computing
      : action === 'simplify'
        ? t.actionDialog.points(shapes.length, before, before - saved)
        : t.actionDialog.willConvert(changes.length);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (changes && reshape(desk, changes)) onClose();
      }}
    >
      {children}
      {isChosen ? (
        <p className={styles.who}>{t.objects.multiple(selection.length)}</p>
      ) : (
        <FrameRange range={range} onChange={setRange} />
      )}
      {hasBound && (
        <div className={styles.row}>
          <span>{t.actionDialog.leastIou}</span>
          <div className={styles.target}>
            <Range label={t.actionDialog.leastIou} value={iou} min={0.9} max={0.995} step={0.005} onChange={setIou} />
            <span className={styles.number}>{iou.toFixed(3)}</span>
          </div>
        </div>
      )}
      <div className={styles.foot}>
        <p className={styles.problem} role="status">
          {words}
        </p>
        <Button onClick={onClose}>{t.general.close}</Button>
        <Button type="submit" kind="primary" disabled={!changes || changes.length === 0}>
          {t.actionDialog.run}
        </Button>
      </div>
    </form>
  );
}

/** Undefined while it is being computed. */
function useChanges(
  action: ConvertFormProps['action'],
  shapes: readonly Reshaped['record'][],
  to: string,
  iou: number,
): readonly Reshaped[] | undefined {
  const desk = useDesk();
  const [changes, setChanges] = useState<readonly Reshaped[]>();
  useEffect(() => {
    let isOld = false;
    const maker = new Simplifier();
    setChanges(undefined);
    const compute = async (): Promise<readonly Reshaped[]> => {
      if (action === 'simplify') return simplified(shapes, desk.size, iou, maker);
      const found: Reshaped[] = [];
      for (const record of shapes) {
        const geometry = await converted(record.geometry, to, desk.size, iou, maker);
        if (geometry) found.push({ record, geometry });
      }
      return found;
    };
    const timer = setTimeout(() => {
      void compute().then((found) => !isOld && setChanges(found));
    }, 200);
    return () => {
      isOld = true;
      clearTimeout(timer);
      maker.close();
    };
  }, [action, shapes, to, iou, desk]);
  return changes;
}
