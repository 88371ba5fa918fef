import { useState } from 'react';
import { type ActionId, conflictOf, type Keymap, strokeOf } from '../../keys/index.ts';
import { t } from '../../texts/en.ts';
import styles from './shortcuts.module.css';

/** Keys that browsers never give to a page. */
const RESERVED = new Set(['Ctrl+N', 'Ctrl+T', 'Ctrl+W', 'Ctrl+Shift+N', 'Ctrl+Shift+T', 'Ctrl+Shift+W', 'Ctrl+Tab']);

interface KeyRecorderProps {
  action: ActionId;
  map: Keymap;
  mac: boolean;
  /** Undefined: nothing was changed. */
  onDone: (keys: readonly string[] | undefined) => void;
}

/** Takes the next press as the keys of an action. Backspace leaves it without keys, Esc leaves it as it was. */
export function KeyRecorder({ action, map, mac, onDone }: KeyRecorderProps) {
  const [problem, setProblem] = useState<string>();
  return (
    <span className={styles.recorder}>
      <input
        // biome-ignore lint/a11y/noAutofocus: the person has just asked to press keys here
        autoFocus
        readOnly
        className={styles.press}
        value={t.shortcuts.press}
        aria-label={t.shortcuts.change(t.actionNames[action])}
        onBlur={() => onDone(undefined)}
        onKeyDown={(event) => {
          event.preventDefault();
          event.stopPropagation();
          if (event.key === 'Escape') return onDone(undefined);
          const keys = strokeOf(event, mac);
          if (keys === undefined) return;
          if (keys === 'Backspace') return onDone([]);
          if (RESERVED.has(keys)) return setProblem(t.shortcuts.reserved(keys));
          const conflict = conflictOf(map, action, keys);
          if (conflict) setProblem(t.shortcuts.taken(keys, t.actionNames[conflict.action]));
          else onDone([keys]);
        }}
      />
      {problem && (
        <span role="alert" className={styles.problem}>
          {problem}
        </span>
      )}
    </span>
  );
}
