import { Popover } from 'radix-ui';
import { type ReactNode, useState } from 'react';
import { t } from '../../texts/en.ts';
import type { JobLabel } from '../../view/labels.ts';
import controls from '../controls/controls.module.css';
import { TextField } from '../controls/fields.tsx';
import styles from './label-picker.module.css';

interface LabelPickerProps {
  labels: readonly JobLabel[];
  value: number | undefined;
  name: string;
  onPick: (label: number) => void;
  children: ReactNode;
}

/** Rows beyond this come by typing: a list of thousands of labels must open as fast as one of ten. */
const ROWS = 200;

/** A list of labels with search. It is built when it opens, never per row of the object list. */
export function LabelPicker({ labels, value, name, onPick, children }: LabelPickerProps) {
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>{children}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={controls.popover}
          align="start"
          sideOffset={4}
          collisionPadding={8}
          aria-label={name}
        >
          <LabelList
            labels={labels}
            value={value}
            onPick={(label) => {
              setOpen(false);
              onPick(label);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

export function LabelList({ labels, value, onPick }: Pick<LabelPickerProps, 'labels' | 'value' | 'onPick'>) {
  const [text, setText] = useState('');
  const found = labels.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase())).slice(0, ROWS);
  return (
    <div className={styles.picker}>
      {labels.length > 8 && (
        <TextField
          aria-label={t.labels.search}
          placeholder={t.labels.search}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => event.key === 'Enter' && found[0] && onPick(found[0].id)}
        />
      )}
      <div className={styles.list}>
        {found.map((label) => (
          <button
            key={label.id}
            type="button"
            className={styles.option}
            aria-pressed={label.id === value}
            onClick={() => onPick(label.id)}
          >
            <span className={styles.swatch} style={{ background: label.color }} />
            {label.name}
          </button>
        ))}
      </div>
    </div>
  );
}
