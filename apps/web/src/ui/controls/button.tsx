import { Tooltip } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';
import { classes } from './class-names.ts';
import styles from './controls.module.css';

type ButtonProps = ComponentProps<'button'> & { kind?: 'plain' | 'primary' | 'quiet' | 'danger'; small?: boolean };

export function Button({ kind = 'plain', small, className, ...rest }: ButtonProps) {
  const kinds = { plain: undefined, primary: styles.primary, quiet: styles.quiet, danger: styles.danger };
  return (
    <button type="button" className={classes(styles.button, kinds[kind], small && styles.small, className)} {...rest} />
  );
}

type IconButtonProps = ComponentProps<'button'> & {
  /** Name for those who do not see the icon; the tooltip for those who do. */
  label: string;
  keys?: string | undefined;
  tiny?: boolean;
  side?: 'top' | 'bottom' | 'left' | 'right';
};

export function IconButton({ label, keys, tiny, side = 'bottom', className, ...rest }: IconButtonProps) {
  return (
    <Hint text={label} keys={keys} side={side}>
      <button
        type="button"
        aria-label={label}
        className={classes(styles.icon, tiny && styles.tiny, className)}
        {...rest}
      />
    </Hint>
  );
}

interface HintProps {
  text: ReactNode;
  keys?: string | undefined;
  side?: 'top' | 'bottom' | 'left' | 'right';
  children: ReactNode;
}

export function Hint({ text, keys, side = 'bottom', children }: HintProps) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content side={side} sideOffset={6} collisionPadding={6} className={styles.tooltip}>
          {text}
          {keys && <kbd className={styles.keys}>{keys}</kbd>}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
