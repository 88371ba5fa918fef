import { CircleAlert, CircleCheck, Info, TriangleAlert, X } from 'lucide-react';
import { useStore } from 'zustand';
import { t } from '../../texts/en.ts';
import { Button, IconButton } from '../controls/button.tsx';
import { classes } from '../controls/class-names.ts';
import styles from './toaster.module.css';
import type { Toast, Toasts } from './toasts.ts';

const ICONS = { info: Info, ok: CircleCheck, warn: TriangleAlert, error: CircleAlert };

export function Toaster({ toasts }: { toasts: Toasts }) {
  const list = useStore(toasts.store, (state) => state.list);
  return (
    <div className={styles.stack}>
      <div role="status" aria-live="polite">
        {list
          .filter(({ kind }) => kind !== 'error')
          .map((toast) => (
            <ToastView key={toast.id} toast={toast} onDismiss={() => toasts.dismiss(toast.id)} />
          ))}
      </div>
      <div role="alert">
        {list
          .filter(({ kind }) => kind === 'error')
          .map((toast) => (
            <ToastView key={toast.id} toast={toast} onDismiss={() => toasts.dismiss(toast.id)} />
          ))}
      </div>
    </div>
  );
}

function ToastView({ toast, onDismiss }: { toast: Toast; onDismiss: () => void }) {
  const Icon = ICONS[toast.kind];
  return (
    <div className={classes(styles.toast, styles[toast.kind])}>
      <Icon size={16} aria-hidden className={styles.sign} />
      <span className={styles.text}>{toast.text}</span>
      {toast.actions?.map(({ text, run }) => (
        <Button
          key={text}
          small
          onClick={() => {
            run();
            onDismiss();
          }}
        >
          {text}
        </Button>
      ))}
      <IconButton label={t.general.dismiss} tiny side="top" onClick={onDismiss}>
        <X size={14} />
      </IconButton>
    </div>
  );
}
