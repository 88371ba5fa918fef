import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { Conflict } from '../../sync/state.ts';
import { t } from '../../texts/en.ts';
import { clockTime } from '../../texts/format.ts';
import { objectName } from '../../view/labels.ts';
import { Button } from '../controls/button.tsx';
import { Panel } from '../controls/dialog.tsx';
import { useDesk } from '../workspace/use-desk.ts';
import styles from './conflicts.module.css';

/** What both this person and somebody else changed: one choice for each object. The page stays in use. */
export function ConflictsDialog() {
  const desk = useDesk();
  const conflicts = useStore(desk.session.state, (state) => state.conflicts);
  const close = () => desk.view.setState({ dialog: undefined });
  useEffect(() => {
    if (conflicts.length === 0) desk.view.setState({ dialog: undefined });
  }, [desk, conflicts]);
  return (
    <Panel title={t.conflicts.title} onClose={close}>
      <p className={styles.intro}>{t.conflicts.intro}</p>
      <ul className={styles.list}>
        {conflicts.map((conflict) => (
          <ConflictRow key={conflict.uid} conflict={conflict} />
        ))}
      </ul>
    </Panel>
  );
}

function ConflictRow({ conflict }: { conflict: Conflict }) {
  const desk = useDesk();
  const { uid, mine, theirs, frames, by, at } = conflict;
  const record = mine ?? theirs;
  const name = record ? objectName(desk.labels, desk.numbers, record) : uid;
  const frame = frames[0] ?? (record && ('frame' in record ? record.frame : record.keyframes[0]?.frame));
  const decide = (decision: 'mine' | 'theirs' | 'both') => desk.session.decide(uid, decision);
  return (
    <li className={styles.row}>
      <div className={styles.what}>
        <strong>{name}</strong>
        <span className={styles.muted}>
          {t.conflicts.by(by ?? t.conflicts.tracker, at ? clockTime(at) : '')}
          {frames.length > 0 && ` · ${t.conflicts.onFrames(frames.join(', '))}`}
          {!theirs && ` · ${t.conflicts.deleted}`}
        </span>
      </div>
      <div className={styles.buttons}>
        {frame !== undefined && (
          <Button
            small
            kind="quiet"
            onClick={() => {
              desk.view.setState({ selection: [uid] });
              desk.goTo(frame as typeof desk.first);
            }}
          >
            {t.conflicts.goThere}
          </Button>
        )}
        <Button small onClick={() => decide('mine')}>
          {theirs ? t.conflicts.keepMine : t.conflicts.putBack}
        </Button>
        <Button small onClick={() => decide('theirs')}>
          {theirs ? t.conflicts.takeTheirs : t.conflicts.letGo}
        </Button>
        {theirs && mine && (
          <Button small onClick={() => decide('both')}>
            {t.conflicts.keepBoth}
          </Button>
        )}
      </div>
    </li>
  );
}
