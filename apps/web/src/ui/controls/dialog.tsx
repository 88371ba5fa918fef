import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { useEffect } from 'react';
import type { KeyEngine } from '../../keys/index.ts';
import { t } from '../../texts/en.ts';
import { IconButton } from './button.tsx';
import { classes } from './class-names.ts';
import styles from './controls.module.css';

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  foot?: ReactNode;
  /** Hides the keys of the page while the dialog is open. */
  keys?: KeyEngine;
  className?: string | undefined;
}

/** A dialog that holds the focus. It has no scroll lock: the page never scrolls, and the lock would need inline styles. */
export function Dialog({ title, onClose, children, foot, keys, className }: DialogProps) {
  useEffect(() => keys?.bind({}, { modal: true }), [keys]);
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <div className={styles.backdrop} />
        <Radix.Content
          className={classes(styles.dialog, className)}
          aria-describedby={undefined}
          onOpenAutoFocus={focusFirst}
        >
          <DialogHead title={title} />
          <div className={styles.body}>{children}</div>
          {foot && <div className={styles.foot}>{foot}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** A panel over the page which leaves the page in use. */
export function Panel({ title, onClose, children, foot, className }: DialogProps) {
  return (
    <Radix.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Content
          className={classes(styles.dialog, className)}
          aria-describedby={undefined}
          onOpenAutoFocus={focusFirst}
          onInteractOutside={(event) => event.preventDefault()}
        >
          <DialogHead title={title} />
          <div className={styles.body}>{children}</div>
          {foot && <div className={styles.foot}>{foot}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** What is marked so gets the focus, else the dialog itself: never its close button. */
function focusFirst(event: Event): void {
  event.preventDefault();
  const dialog = event.currentTarget;
  if (!(dialog instanceof HTMLElement)) return;
  const marked = dialog.querySelector<HTMLElement>('[data-autofocus]');
  (marked ?? dialog).focus();
  if (marked instanceof HTMLInputElement) marked.select();
}

function DialogHead({ title }: { title: string }) {
  return (
    <div className={styles.head}>
      <Radix.Title className={styles.title}>{title}</Radix.Title>
      <Radix.Close asChild>
        <IconButton label={t.general.close} tiny>
          <X size={16} />
        </IconButton>
      </Radix.Close>
    </div>
  );
}
