import { Slider as RadixSlider, Switch as RadixSwitch } from 'radix-ui';
import { type ComponentProps, useId, useLayoutEffect, useRef, useState } from 'react';
import { classes } from './class-names.ts';
import styles from './controls.module.css';

export function TextField({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={classes(styles.field, className)} spellCheck={false} autoComplete="off" {...rest} />;
}

interface NumberFieldProps extends Omit<ComponentProps<'input'>, 'onChange' | 'value' | 'min' | 'max' | 'type'> {
  value: number;
  min: number;
  max: number;
  /** Of PageUp and PageDown. */
  page?: number;
  onChange: (value: number) => void;
}

/** A whole number. What is typed counts on Enter or on leaving; arrows count at once. Out of range is pulled in. */
export function NumberField({ value, min, max, page = 10, onChange, className, ref, ...rest }: NumberFieldProps) {
  // Only what is being typed is a state of the field: the value itself is shown in the paint in which it changes.
  const [draft, setDraft] = useState<string>();
  const field = useRef<HTMLInputElement>(null);
  // A value that changed by itself is selected again: typing replaces it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: after the new value is in the field
  useLayoutEffect(() => {
    if (document.activeElement === field.current && draft === undefined) field.current?.select();
  }, [value]);
  const set = (wanted: number) => onChange(Math.max(min, Math.min(max, wanted)));
  const take = () => {
    const typed = Number.parseInt(draft ?? '', 10);
    setDraft(undefined);
    if (!Number.isNaN(typed)) set(typed);
  };
  return (
    <input
      ref={(element) => {
        field.current = element;
        if (typeof ref === 'function') ref(element);
        else if (ref) ref.current = element;
      }}
      onFocus={(event) => event.target.select()}
      type="text"
      inputMode="numeric"
      role="spinbutton"
      aria-valuenow={value}
      aria-valuemin={min}
      aria-valuemax={max}
      className={classes(styles.field, className)}
      value={draft ?? String(value)}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => {
        const steps: Record<string, number> = { ArrowUp: 1, ArrowDown: -1, PageUp: page, PageDown: -page };
        const step = steps[event.key];
        if (step !== undefined) {
          event.preventDefault();
          setDraft(undefined);
          set(value + step);
        } else if (event.key === 'Enter') take();
      }}
      {...rest}
    />
  );
}

interface ChoiceProps<T extends string> extends Omit<ComponentProps<'select'>, 'onChange' | 'value'> {
  value: T;
  options: readonly { value: T; text: string; disabled?: boolean }[];
  onChange: (value: T) => void;
}

export function Choice<T extends string>({ value, options, onChange, className, ...rest }: ChoiceProps<T>) {
  return (
    <select
      className={classes(styles.field, styles.select, className)}
      value={value}
      onChange={(event) => {
        const chosen = options.find((option) => option.value === event.target.value);
        if (chosen) onChange(chosen.value);
      }}
      {...rest}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value} disabled={option.disabled}>
          {option.text}
        </option>
      ))}
    </select>
  );
}

interface RangeProps {
  label: string;
  value: number;
  min: number;
  max: number;
  step?: number;
  onChange: (value: number) => void;
}

export function Range({ label, value, min, max, step = 1, onChange }: RangeProps) {
  return (
    <RadixSlider.Root
      className={styles.slider}
      value={[value]}
      min={min}
      max={max}
      step={step}
      onValueChange={([next]) => next !== undefined && onChange(next)}
    >
      <RadixSlider.Track className={styles.track}>
        <RadixSlider.Range className={styles.fill} />
      </RadixSlider.Track>
      <RadixSlider.Thumb className={styles.thumb} aria-label={label} />
    </RadixSlider.Root>
  );
}

interface ToggleProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  hint?: string;
}

export function Toggle({ label, checked, onChange, hint }: ToggleProps) {
  const id = useId();
  return (
    <span style={{ display: 'flex', alignItems: 'center', gap: '0.5rem' }} title={hint}>
      <RadixSwitch.Root id={id} className={styles.switch} checked={checked} onCheckedChange={onChange}>
        <RadixSwitch.Thumb className={styles.knob} />
      </RadixSwitch.Root>
      <label htmlFor={id}>{label}</label>
    </span>
  );
}
