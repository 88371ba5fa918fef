import { Copy, Info, TriangleAlert } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useStore } from 'zustand';
import { wordsOf } from '../../api/http.ts';
import { t } from '../../texts/en.ts';
import { present, startRun, type Tracker } from '../../tracking/runs.ts';
import { isUnderWay } from '../../tracking/suitable.ts';
import { Button, IconButton } from '../controls/button.tsx';
import { NumberField, Range, Toggle } from '../controls/fields.tsx';
import { useDesk, useSettings } from '../workspace/use-desk.ts';
import styles from './action-dialog.module.css';
import { Objects } from './objects.tsx';
import { problemText } from './problem-text.ts';
import { type RunPlan, useRunPlan } from './use-run-plan.ts';

interface TrackerFormProps {
  tracker: Tracker | undefined;
  isLoading: boolean;
  children: ReactNode;
  onClose: () => void;
  onStarted: (run: string) => void;
}

export function TrackerForm({ tracker, isLoading, children, onClose, onStarted }: TrackerFormProps) {
  const desk = useDesk();
  const convert = useSettings((settings) => settings.convertToTracks);
  const [phase, setPhase] = useState<'ready' | 'saving' | 'starting'>('ready');
  const [refusal, setRefusal] = useState<{ words: string; run?: string }>();
  const plan = useRunPlan(tracker, undefined);
  const { start, target, picked, problem } = plan;

  const run = async (): Promise<void> => {
    if (!tracker) return;
    setRefusal(undefined);
    setPhase(desk.store.state.pending.length > 0 ? 'saving' : 'starting');
    try {
      const result = await startRun({
        session: desk.session,
        job: desk.job.id,
        function: tracker.id,
        start,
        target,
        uids: picked.map(({ uid }) => uid),
        convert,
      });
      if (result.kind === 'started') {
        desk.settings.setState({ runDistance: target - start });
        onStarted(result.run.id);
      } else if (result.kind === 'busy')
        setRefusal({ words: t.actionDialog.alreadyFollowed(result.run), run: result.run });
      else if (result.kind === 'not-saved')
        setRefusal({ words: t.actionDialog.problems.notSaved(saveWords(desk.session.state.getState().save)) });
      else setRefusal({ words: result.fields.target_frame ?? result.words });
    } catch (error) {
      setRefusal({ words: wordsOf(error) });
    }
    setPhase('ready');
  };

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === undefined && phase === 'ready') void run();
      }}
    >
      <Objects plan={plan} />
      {children}
      {tracker && <Agents tracker={tracker} />}
      <TargetFields plan={plan} />
      <Toggle
        label={t.actionDialog.convert}
        hint={t.actionDialog.convertHint}
        checked={convert}
        onChange={(checked) => desk.settings.setState({ convertToTracks: checked })}
      />
      <Estimate plan={plan} />
      <div className={styles.foot}>
        <p className={styles.problem} role="alert">
          {refusal ? refusal.words : problem && !isLoading ? problemText(problem) : ''}
          {refusal?.run && (
            <Button small kind="quiet" onClick={() => desk.view.setState({ runsOpen: true })}>
              {t.general.show}
            </Button>
          )}
        </p>
        <Button onClick={onClose}>{t.general.close}</Button>
        <Button type="submit" kind="primary" disabled={problem !== undefined || phase !== 'ready'}>
          {phase === 'saving'
            ? t.actionDialog.saving
            : phase === 'starting'
              ? t.actionDialog.starting
              : t.actionDialog.run}
        </Button>
      </div>
    </form>
  );
}

function TargetFields({ plan }: { plan: RunPlan }) {
  const desk = useDesk();
  const { start, target, setTarget, barrier } = plan;
  const step = useSettings((settings) => settings.step);
  const isBackward = target < start;
  const swap = (backward: boolean) => {
    if (backward !== isBackward) setTarget(2 * start - target);
  };
  const crosses = barrier !== undefined && (isBackward ? target <= barrier : target >= barrier);
  const isBefore = barrier !== undefined && target === (isBackward ? barrier + 1 : barrier - 1);
  return (
    <>
      <div className={styles.row}>
        <label htmlFor="target">{t.actionDialog.target}</label>
        <div className={styles.target}>
          <NumberField
            id="target"
            data-autofocus
            className={styles.number}
            value={target}
            min={desk.first}
            max={desk.last}
            page={step}
            onChange={setTarget}
          />
          <span className={styles.muted}>{t.actionDialog.targetOf(desk.first, desk.last)}</span>
          <Range
            label={t.actionDialog.target}
            value={target}
            min={desk.first}
            max={Math.max(desk.last, desk.first + 1)}
            onChange={setTarget}
          />
        </div>
      </div>
      <div className={styles.row}>
        <span>{t.actionDialog.direction}</span>
        <div className={styles.direction} role="radiogroup" aria-label={t.actionDialog.direction}>
          <label>
            <input type="radio" name="direction" checked={!isBackward} onChange={() => swap(false)} />
            {t.actionDialog.forward}
          </label>
          <label>
            <input type="radio" name="direction" checked={isBackward} onChange={() => swap(true)} />
            {t.actionDialog.backward}
          </label>
          {(crosses || isBefore) && (
            <span className={styles.chip}>
              {t.actionDialog.barrier(barrier)}
              {isBefore && (
                <Button small kind="quiet" onClick={() => setTarget(isBackward ? desk.first : desk.last)}>
                  {t.actionDialog.pastBarrier}
                </Button>
              )}
            </span>
          )}
        </div>
      </div>
    </>
  );
}

function Agents({ tracker }: { tracker: Tracker }) {
  const agents = present(tracker);
  const command = t.actionDialog.agentCommand(tracker.id);
  if (agents.length === 0) {
    return (
      <div className={styles.warning} role="status">
        <TriangleAlert size={15} aria-hidden />
        <span>
          {t.actionDialog.noAgent(tracker.name)} <code>{command}</code>
        </span>
        <IconButton
          label={t.actionDialog.copyCommand}
          tiny
          onClick={() => void navigator.clipboard?.writeText(command)}
        >
          <Copy size={14} />
        </IconButton>
      </div>
    );
  }
  const seen = Math.max(0, Math.min(...agents.map((agent) => Date.now() - agent.seen.getTime())) / 1000);
  const waiting = tracker.queued + agents.reduce((sum, { requests }) => sum + requests, 0);
  return (
    <p className={styles.agents}>
      {t.actionDialog.agents(
        '',
        agents.length,
        t.actionDialog.seen(seen),
        waiting === 0 ? t.actionDialog.idle : t.actionDialog.busy(waiting),
      )}
    </p>
  );
}

function Estimate({ plan: { start, target, estimate } }: { plan: RunPlan }) {
  const desk = useDesk();
  const ahead = useStore(desk.session.state, (state) => state.runs.filter(isUnderWay).length);
  if (target === start) return null;
  return (
    <p className={styles.estimate} aria-live="polite">
      <Info size={15} aria-hidden />
      {t.actionDialog.estimate(estimate?.frames ?? Math.abs(target - start), estimate?.seconds, estimate?.rate, ahead)}
    </p>
  );
}

function saveWords(save: ReturnType<ReturnType<typeof useDesk>['session']['state']['getState']>['save']): string {
  return 'why' in save ? save.why : '';
}
