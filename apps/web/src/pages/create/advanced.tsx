import { t } from '../../texts/en.ts';
import { TextField } from '../../ui/controls/fields.tsx';
import styles from '../pages.module.css';
import type { DataFields } from './upload.ts';

/** As typed; empty: as the server has it. */
export type AdvancedFields = Readonly<
  Record<'segment' | 'overlap' | 'firstFrame' | 'lastFrame' | 'step' | 'quality', string>
>;

export const NO_ADVANCED: AdvancedFields = {
  segment: '',
  overlap: '',
  firstFrame: '',
  lastFrame: '',
  step: '',
  quality: '70',
};

export function advancedProblem({ segment, overlap, firstFrame, lastFrame }: AdvancedFields): string | undefined {
  if (segment !== '' && overlap !== '' && Number(overlap) >= Number(segment)) return t.create.problems.overlap;
  if (lastFrame !== '' && Number(lastFrame) < Number(firstFrame)) return t.create.problems.range;
  return undefined;
}

export function dataFields({ firstFrame, lastFrame, step, quality }: AdvancedFields): DataFields {
  return {
    image_quality: quality === '' ? 70 : Number(quality),
    sorting_method: 'natural',
    ...(firstFrame === '' ? {} : { start_frame: Number(firstFrame) }),
    ...(lastFrame === '' ? {} : { stop_frame: Number(lastFrame) }),
    ...(step === '' || step === '1' ? {} : { frame_filter: `step=${Number(step)}` }),
  };
}

type Props = { readonly fields: AdvancedFields; readonly onChange: (fields: AdvancedFields) => void };

export function Advanced({ fields, onChange }: Props) {
  const field = (key: keyof AdvancedFields, text: string, min: number, max?: number) => (
    <label className={styles.label}>
      {text}
      <TextField
        type="number"
        min={min}
        max={max}
        step={1}
        value={fields[key]}
        onChange={(event) => onChange({ ...fields, [key]: event.target.value })}
      />
    </label>
  );
  return (
    <details>
      <summary className={styles.summary}>{t.create.advanced}</summary>
      <div className={styles.grid} style={{ marginTop: '0.75rem' }}>
        {field('segment', t.create.segment, 1)}
        {field('overlap', t.create.overlap, 0)}
        {field('firstFrame', t.create.firstFrame, 0)}
        {field('lastFrame', t.create.lastFrame, 0)}
        {field('step', t.create.step, 1)}
        {field('quality', t.create.quality, 1, 100)}
      </div>
    </details>
  );
}
