import { useState } from 'react';
import { setColor } from '../../commands/objects.ts';
import type { Uid } from '../../document/records.ts';
import { t } from '../../texts/en.ts';
import { Button } from '../controls/button.tsx';
import { Dialog } from '../controls/dialog.tsx';
import styles from './color-picker.module.css';
import { useDesk } from './use-desk.ts';

/** Colours that are apart from each other; any other by the browser's own picker. */
const COLORS = [
  '#e6194b',
  '#f58231',
  '#ffb000',
  '#ffe119',
  '#bfef45',
  '#3cb44b',
  '#00a08a',
  '#42d4f4',
  '#4363d8',
  '#785ef0',
  '#911eb4',
  '#f032e6',
  '#dc267f',
  '#a9a9a9',
  '#800000',
  '#9a6324',
  '#808000',
  '#469990',
  '#000075',
  '#fabed4',
  '#ffd8b1',
  '#fffac8',
  '#aaffc3',
  '#dcbeff',
] as const;

export function ColorPicker({ uid }: { uid: Uid }) {
  const desk = useDesk();
  const record = desk.store.state.document.objects.get(uid);
  const [color, pick] = useState(record?.color ?? (record ? desk.labels.color(record.label) : '#ffffff'));
  const close = () => desk.view.setState({ picking: undefined });
  const take = (value: string) => {
    setColor(desk, [uid], value);
    close();
  };
  return (
    <Dialog title={t.objectMenu.color} keys={desk.keys} onClose={close} className={styles.dialog}>
      <div className={styles.grid}>
        {COLORS.map((value) => (
          <button
            key={value}
            type="button"
            className={styles.color}
            style={{ background: value }}
            aria-label={value}
            aria-pressed={value === color}
            onClick={() => take(value)}
          />
        ))}
      </div>
      <div className={styles.own}>
        <input
          type="color"
          aria-label={t.objectMenu.color}
          value={color}
          onChange={(event) => pick(event.target.value)}
        />
        <Button kind="primary" onClick={() => take(color)}>
          {t.objectMenu.color}
        </Button>
      </div>
    </Dialog>
  );
}
