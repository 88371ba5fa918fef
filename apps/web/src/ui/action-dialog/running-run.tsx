import { useEffect } from 'react';
import { useStore } from 'zustand';
import { t } from '../../texts/en.ts';
import { present } from '../../tracking/runs.ts';
import { isUnderWay } from '../../tracking/suitable.ts';
import { Button } from '../controls/button.tsx';
import { Toggle } from '../controls/fields.tsx';
import { cancelRun, continueRun, takeBackRun } from '../runs/run-actions.ts';
import { RunBar } from '../runs/run-bar.tsx';
import { progressOf, runEnds, runObjectsText, runPercent, runWords } from '../runs/run-words.ts';
import { aheadOf, useTicks } from '../runs/runs-drawer.tsx';
import { useTrackers } from '../runs/use-trackers.ts';
import { useDesk, useSettings } from '../workspace/use-desk.ts';
import styles from './action-dialog.module.css';

interface RunningRunProps {
  id: string;
  onClose: () => void;
  onAgain: () => void;
}

/** A run that this dialog started. Of one object the dialog closes by itself when the run has finished. */
export function RunningRun({ id, onClose, onAgain }: RunningRunProps) {
  const desk = useDesk();
  const runs = useStore(desk.session.state, (state) => state.runs);
  const run = runs.find((each) => each.id === id);
  const follow = useSettings((settings) => settings.follow);
  const { trackers } = useTrackers();
  const under = run !== undefined && isUnderWay(run);
  useTicks(under);
  const isDone = run?.state === 'finished' && run.objects.length === 1 && runEnds(desk, run).length === 0;
  useEffect(() => {
    if (!isDone || !run) return;
    desk.notify({ kind: 'ok', text: run.message || t.runs.state.finished });
    onClose();
  }, [isDone, run, desk, onClose]);
  if (!run) return <p className={styles.words}>{t.actionDialog.starting}</p>;
  const tracker = trackers.find((each) => each.id === run.function);
  const hasAgent = tracker === undefined || present(tracker).length > 0;
  const words = runWords(run, progressOf(desk.meter, run), hasAgent, aheadOf(run, runs), tracker?.name ?? '');
  return (
    <div className={styles.form}>
      <div className={styles.objectsHead}>
        <span className={styles.who}>{runObjectsText(desk, run)}</span>
        <span className={styles.muted}>{t.runs.range(run.start_frame, run.target_frame)}</span>
      </div>
      <RunBar run={run} />
      <p className={styles.words} role="status">
        {t.runs.progress(runPercent(run))} · {words}
      </p>
      {!under && (
        <>
          {runEnds(desk, run).map((each) => (
            <p key={each}>{each}</p>
          ))}
          {run.state === 'finished' && <p className={styles.muted}>{t.actionDialog.doneMayClose}</p>}
        </>
      )}
      {under && (
        <Toggle
          label={t.runs.follow}
          hint={t.runs.followHint}
          checked={follow}
          onChange={(checked) => desk.settings.setState({ follow: checked })}
        />
      )}
      <div className={styles.foot}>
        <span className={styles.problem} />
        {under ? (
          <>
            <Button onClick={() => void cancelRun(desk, run)}>{t.runs.cancel}</Button>
            <Button
              kind="primary"
              onClick={() => {
                desk.notify({ kind: 'info', text: t.actionDialog.goesOn });
                onClose();
              }}
            >
              {t.actionDialog.background}
            </Button>
          </>
        ) : (
          <>
            {run.state !== 'finished' && (
              <Button onClick={() => void continueRun(desk, run, run.target_frame)}>
                {t.runs.continueTo(run.target_frame)}
              </Button>
            )}
            <Button onClick={() => void takeBackRun(desk, run)}>{t.runs.undo}</Button>
            <Button onClick={onAgain}>{t.actionDialog.again}</Button>
            <Button kind="primary" onClick={onClose}>
              {t.general.close}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}
