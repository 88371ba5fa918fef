import { type ReactNode, useMemo, useState } from 'react';
import { removable, removeShapes } from '../../commands/remove-filtered.ts';
import { t } from '../../texts/en.ts';
import { Button } from '../controls/button.tsx';
import { NumberField } from '../controls/fields.tsx';
import { useDesk, useDocument, useView } from '../workspace/use-desk.ts';
import styles from './action-dialog.module.css';

/** Removes shapes that the filter names from a range of frames; tracks stay. */
export function RemoveForm({ children, onClose }: { children: ReactNode; onClose: () => void }) {
  const desk = useDesk();
  const frame = useView((view) => view.frame);
  const range = useView((view) => view.range);
  const filter = useView((view) => view.filter);
  const document = useDocument((state) => state.document);
  const [[from, to], setFrames] = useState<readonly [number, number]>([frame, frame]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the document or the filter changes what is there
  const shapes = useMemo(() => removable(desk, from, to), [desk, from, to, document, filter]);
  const presets = [
    [t.actionDialog.presetNames.current, frame, frame],
    [t.actionDialog.presetNames.all, desk.first, desk.last],
    [t.actionDialog.presetNames.from, frame, desk.last],
    [t.actionDialog.presetNames.upTo, desk.first, frame],
    ...(range ? ([[t.actionDialog.selectedRange, range[0], range[1]]] as const) : []),
  ] as const;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (removeShapes(desk, shapes)) onClose();
      }}
    >
      {children}
      <fieldset className={styles.frames}>
        <legend>{t.actionDialog.frames}</legend>
        <div className={styles.field}>
          <label htmlFor="remove-from">{t.actionDialog.from}</label>
          <NumberField
            id="remove-from"
            className={styles.number}
            value={from}
            min={desk.first}
            max={to}
            onChange={(value) => setFrames([value, to])}
          />
        </div>
        <div className={styles.field}>
          <label htmlFor="remove-to">{t.actionDialog.upTo}</label>
          <NumberField
            id="remove-to"
            className={styles.number}
            value={to}
            min={from}
            max={desk.last}
            onChange={(value) => setFrames([from, value])}
          />
        </div>
        <p className={styles.muted}>{t.actionDialog.presets}</p>
        <div className={styles.presets}>
          {presets.map(([text, first, last]) => (
            <Button key={text} small onClick={() => setFrames([first, last])}>
              {text}
            </Button>
          ))}
        </div>
      </fieldset>
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
