import { t } from '../../texts/en.ts';
import { Button } from '../controls/button.tsx';
import { NumberField } from '../controls/fields.tsx';
import { useDesk, useView } from '../workspace/use-desk.ts';
import styles from './action-dialog.module.css';

interface FrameRangeProps {
  range: readonly [number, number];
  onChange: (range: readonly [number, number]) => void;
}

/** The frames that an action on shapes is about, with CVAT's presets. */
export function FrameRange({ range: [from, to], onChange }: FrameRangeProps) {
  const desk = useDesk();
  const frame = useView((view) => view.frame);
  const marked = useView((view) => view.range);
  const presets = [
    [t.actionDialog.presetNames.current, frame, frame],
    [t.actionDialog.presetNames.all, desk.first, desk.last],
    [t.actionDialog.presetNames.from, frame, desk.last],
    [t.actionDialog.presetNames.upTo, desk.first, frame],
    ...(marked ? ([[t.actionDialog.selectedRange, marked[0], marked[1]]] as const) : []),
  ] as const;
  return (
    <fieldset className={styles.frames}>
      <legend>{t.actionDialog.frames}</legend>
      <div className={styles.field}>
        <label htmlFor="range-from">{t.actionDialog.from}</label>
        <NumberField
          id="range-from"
          className={styles.number}
          value={from}
          min={desk.first}
          max={to}
          onChange={(value) => onChange([value, to])}
        />
      </div>
      <div className={styles.field}>
        <label htmlFor="range-to">{t.actionDialog.upTo}</label>
        <NumberField
          id="range-to"
          className={styles.number}
          value={to}
          min={from}
          max={desk.last}
          onChange={(value) => onChange([from, value])}
        />
      </div>
      <p className={styles.muted}>{t.actionDialog.presets}</p>
      <div className={styles.presets}>
        {presets.map(([text, first, last]) => (
          <Button key={text} small onClick={() => onChange([first, last])}>
            {text}
          </Button>
        ))}
      </div>
    </fieldset>
  );
}
