import { Plus, X } from 'lucide-react';
import { t } from '../../texts/en.ts';
import { Button, IconButton } from '../../ui/controls/button.tsx';
import { TextField } from '../../ui/controls/fields.tsx';
import styles from '../pages.module.css';

export type LabelDraft = { readonly key: number; readonly name: string; readonly color: string };

/** Colours that are apart from each other. */
const COLORS = [
  '#e6194b',
  '#3cb44b',
  '#4363d8',
  '#f58231',
  '#911eb4',
  '#42d4f4',
  '#f032e6',
  '#bfef45',
  '#fabed4',
  '#469990',
  '#dcbeff',
  '#9a6324',
];

let nextKey = 1;
export function newLabel(place: number, name = ''): LabelDraft {
  return { key: nextKey++, name, color: COLORS[place % COLORS.length]! };
}

type Props = { readonly labels: readonly LabelDraft[]; readonly onChange: (labels: readonly LabelDraft[]) => void };

/** Names and colours of the labels of a new task. Names that are pasted one a line become a label each. */
export function LabelsField({ labels, onChange }: Props) {
  const change = (label: LabelDraft, fields: Partial<LabelDraft>) =>
    onChange(labels.map((each) => (each === label ? { ...each, ...fields } : each)));
  const paste = (label: LabelDraft, text: string): boolean => {
    const names = text
      .split(/\r?\n/)
      .map((name) => name.trim())
      .filter((name) => name !== '');
    if (names.length < 2) return false;
    const at = labels.indexOf(label);
    const [first, ...rest] = names;
    const made = rest.map((name, i) => newLabel(labels.length + i, name));
    onChange([...labels.slice(0, at), { ...label, name: first! }, ...made, ...labels.slice(at + 1)]);
    return true;
  };
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
      <legend className={styles.label}>{t.create.labels}</legend>
      <div className={styles.form} style={{ gap: '0.5rem', marginTop: '0.375rem' }}>
        {labels.map((label, i) => (
          <div key={label.key} className={styles.row}>
            <input
              type="color"
              className={styles.swatch}
              aria-label={t.create.labelColor(i + 1)}
              value={label.color}
              onChange={(event) => change(label, { color: event.target.value })}
            />
            <TextField
              className={styles.grow}
              aria-label={t.create.labelName(i + 1)}
              maxLength={64}
              value={label.name}
              onChange={(event) => change(label, { name: event.target.value })}
              onPaste={(event) => {
                if (paste(label, event.clipboardData.getData('text'))) event.preventDefault();
              }}
            />
            <IconButton
              label={t.create.removeLabel(label.name)}
              disabled={labels.length === 1}
              onClick={() => onChange(labels.filter((each) => each !== label))}
            >
              <X size={16} />
            </IconButton>
          </div>
        ))}
        <div className={styles.row}>
          <Button small onClick={() => onChange([...labels, newLabel(labels.length)])}>
            <Plus size={14} aria-hidden />
            {t.create.addLabel}
          </Button>
          <span className={styles.soft}>{t.create.pasteHint}</span>
        </div>
      </div>
    </fieldset>
  );
}
