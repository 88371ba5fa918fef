import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { Run } from '../../api/types.ts';
import { t } from '../../texts/en.ts';
import { present } from '../../tracking/runs.ts';
import { isUnderWay } from '../../tracking/suitable.ts';
import { Button, IconButton } from '../controls/button.tsx';
import { Toggle } from '../controls/fields.tsx';
import { useDesk, useSettings } from '../workspace/use-desk.ts';
import { cancelRun, continueRun, forgetRun, showRun, takeBackRun } from './run-actions.ts';
import { RunBar } from './run-bar.tsx';
import { barrierOfRun, progressOf, runEnds, runObjectsText, runWords } from './run-words.ts';
import styles from './runs.module.css';
import { trackerTitle, useTrackers } from './use-trackers.ts';

/** All runs of the job. They live on the server; this only shows them. */
export function RunsDrawer() {
  const desk = useDesk();
  const runs = useStore(desk.session.state, (state) => state.runs);
  const follow = useSettings((settings) => settings.follow);
  useTicks(runs.some(isUnderWay));
  return (
    <aside className={styles.drawer} aria-label={t.runs.title} data-region="runs" tabIndex={-1}>
      <div className={styles.head}>
        <h2>{t.runs.title}</h2>
        <Toggle
          label={t.runs.follow}
          hint={t.runs.followHint}
          checked={follow}
          onChange={(checked) => desk.settings.setState({ follow: checked })}
        />
        <IconButton label={t.general.close} tiny onClick={() => desk.view.setState({ runsOpen: false })}>
          <X size={16} />
        </IconButton>
      </div>
      {runs.length === 0 ? (
        <p className={styles.none}>{t.runs.none}</p>
      ) : (
        <ul className={styles.list}>
          {runs.map((run) => (
            <RunRow key={run.id} run={run} ahead={aheadOf(run, runs)} />
          ))}
        </ul>
      )}
    </aside>
  );
}

function RunRow({ run, ahead }: { run: Run; ahead: number }) {
  const desk = useDesk();
  const { trackers } = useTrackers();
  const tracker = trackers.find(({ id }) => id === run.function);
  const hasAgent = tracker === undefined || present(tracker).length > 0;
  const under = isUnderWay(run);
  return (
    <li className={styles.run} data-run={run.id} data-state={run.state}>
      <div className={styles.title}>
        <span className={styles.objects}>{runObjectsText(desk, run)}</span>
        <span className={styles.range}>{t.runs.range(run.start_frame, run.target_frame)}</span>
      </div>
      <RunBar run={run} />
      <p className={styles.words}>
        {runWords(run, progressOf(desk.meter, run), hasAgent, ahead, tracker?.name ?? t.runs.tracker)}
      </p>
      {!under && runEnds(desk, run).map((words) => <p key={words}>{words}</p>)}
      {tracker && <p className={styles.muted}>{trackerTitle(tracker)}</p>}
      <RunButtons run={run} />
    </li>
  );
}

function RunButtons({ run }: { run: Run }) {
  const desk = useDesk();
  const barrier = barrierOfRun(run);
  const under = isUnderWay(run);
  const canChange = desk.readOnly() === undefined;
  const goPast = (frame: number) => {
    showRun(desk, run);
    desk.goTo(frame as typeof desk.first);
    desk.view.setState({ dialog: 'run-action', action: undefined });
  };
  return (
    <div className={styles.buttons}>
      <Button small kind="quiet" onClick={() => showRun(desk, run)}>
        {t.runs.show}
      </Button>
      {canChange && under && (
        <Button small onClick={() => void cancelRun(desk, run)}>
          {t.runs.cancel}
        </Button>
      )}
      {canChange && (run.state === 'cancelled' || run.state === 'failed') && (
        <Button small onClick={() => void continueRun(desk, run, run.target_frame)}>
          {t.runs.continueTo(run.target_frame)}
        </Button>
      )}
      {canChange && run.state === 'finished' && barrier !== undefined && (
        <Button small onClick={() => goPast(barrier)}>
          {t.runs.continuePast(barrier)}
        </Button>
      )}
      {canChange && !under && (
        <>
          <Button small onClick={() => void takeBackRun(desk, run)}>
            {t.runs.undo}
          </Button>
          <Button small kind="quiet" onClick={() => void forgetRun(desk, run)}>
            {t.runs.forget}
          </Button>
        </>
      )}
    </div>
  );
}

/** Runs that wait or run before this one. */
export function aheadOf(run: Run, runs: readonly Run[]): number {
  // The newest come first.
  return runs.slice(runs.indexOf(run) + 1).filter(isUnderWay).length;
}

/** Renders again once a second while something is under way: rates and times left change without an event. */
export function useTicks(active: boolean): void {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => tick((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, [active]);
}
