import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { wordsOf } from '../../api/http.ts';
import { tasks } from '../../api/server.ts';
import { t } from '../../texts/en.ts';
import { duration, fileSize } from '../../texts/format.ts';
import { Button } from '../../ui/controls/button.tsx';
import { TextField } from '../../ui/controls/fields.tsx';
import styles from '../pages.module.css';
import { Shell } from '../shell.tsx';
import { Advanced, type AdvancedFields, advancedProblem, dataFields, NO_ADVANCED } from './advanced.tsx';
import { DropZone } from './drop-zone.tsx';
import { type Chosen, problemOfFiles } from './files.ts';
import { type LabelDraft, LabelsField, newLabel } from './labels-field.tsx';
import { importFiles, type Sending, sendFiles } from './upload.ts';

type Phase =
  | { readonly kind: 'form' }
  | {
      readonly kind: 'sending';
      readonly sent: number;
      readonly total: number;
      readonly began: number;
      readonly isPaused: boolean;
    }
  | { readonly kind: 'importing'; readonly share: number };

const NOTHING: Chosen = { files: [], bytes: 0 };

export default function CreateTaskPage() {
  const [, navigate] = useLocation();
  const [chosen, setChosen] = useState(NOTHING);
  const [name, setName] = useState('');
  const [labels, setLabels] = useState<readonly LabelDraft[]>(() => [newLabel(0)]);
  const [advanced, setAdvanced] = useState<AdvancedFields>(NO_ADVANCED);
  const [phase, setPhase] = useState<Phase>({ kind: 'form' });
  const [problem, setProblem] = useState<string>();
  const sending = useRef<Sending>(undefined);
  const isBusy = phase.kind !== 'form';

  useEffect(() => {
    if (!isBusy) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    globalThis.addEventListener('beforeunload', ask);
    return () => globalThis.removeEventListener('beforeunload', ask);
  }, [isBusy]);

  const choose = (next: Chosen) => {
    setChosen(next);
    setProblem(undefined);
    if (name.trim() === '') setName(next.files[0]!.name.replace(/\.[^.]+$/, '').slice(0, 256));
    void problemOfFiles(next).then(setProblem);
  };

  const submit = async (event: FormEvent, isLast: boolean) => {
    event.preventDefault();
    const given = labels.filter((label) => label.name.trim() !== '');
    const wrong = (await problemOfFiles(chosen)) ?? formProblem(name, given) ?? advancedProblem(advanced);
    setProblem(wrong);
    if (wrong !== undefined) return;
    let made: number | undefined;
    const abort = new AbortController();
    try {
      const task = await tasks.create({
        name: name.trim(),
        labels: given.map((label) => ({ name: label.name.trim(), color: label.color })),
        ...(advanced.segment === '' ? {} : { segment_size: Number(advanced.segment) }),
        ...(advanced.overlap === '' ? {} : { overlap: Number(advanced.overlap) }),
      });
      made = task.id;
      const began = Date.now();
      setPhase({ kind: 'sending', sent: 0, total: chosen.bytes, began, isPaused: false });
      sending.current = sendFiles(task.id, chosen.files, (progress) =>
        setPhase((now) => (now.kind === 'sending' ? { ...now, ...progress } : now)),
      );
      await sending.current.done;
      setPhase({ kind: 'importing', share: 0 });
      await importFiles(task.id, dataFields(advanced), (share) => setPhase({ kind: 'importing', share }), abort.signal);
      if (isLast) {
        const [job] = await tasks.jobs(task.id);
        navigate(job ? `/tasks/${task.id}/jobs/${job.id}` : `/tasks/${task.id}`);
      } else {
        setChosen(NOTHING);
        setName('');
        setPhase({ kind: 'form' });
      }
    } catch (error) {
      // A task without its file is of no use; the form keeps what was typed.
      if (made !== undefined) await tasks.delete(made).catch(() => undefined);
      setPhase({ kind: 'form' });
      if (!(error instanceof DOMException && error.name === 'AbortError'))
        setProblem(`${t.create.failed}: ${wordsOf(error)}`);
    }
  };

  return (
    <Shell title={t.create.title}>
      <div className={styles.head}>
        <h1>{t.create.title}</h1>
      </div>
      <form className={styles.form} style={{ maxWidth: '44rem' }} onSubmit={(event) => void submit(event, true)}>
        {problem !== undefined && (
          <p className={styles.problem} role="alert">
            {problem}
          </p>
        )}
        {isBusy ? (
          <Progress
            phase={phase}
            onPause={(isPaused) => {
              if (isPaused) sending.current?.pause();
              else sending.current?.resume();
              setPhase((now) => (now.kind === 'sending' ? { ...now, isPaused } : now));
            }}
            onCancel={() => sending.current?.abort()}
          />
        ) : (
          <>
            <DropZone chosen={chosen} onChoose={choose} />
            <label className={styles.label}>
              {t.create.name}
              <TextField maxLength={256} value={name} onChange={(event) => setName(event.target.value)} />
            </label>
            <LabelsField labels={labels} onChange={setLabels} />
            <Advanced fields={advanced} onChange={setAdvanced} />
            <div className={styles.row}>
              <Button kind="primary" type="submit">
                {t.create.submit}
              </Button>
              <Button onClick={(event) => void submit(event, false)}>{t.create.again}</Button>
              <Button kind="quiet" onClick={() => navigate('/tasks')}>
                {t.create.cancel}
              </Button>
            </div>
          </>
        )}
      </form>
    </Shell>
  );
}

function formProblem(name: string, labels: readonly LabelDraft[]): string | undefined {
  if (name.trim() === '') return t.create.problems.noName;
  if (labels.length === 0) return t.create.problems.noLabel;
  const names = labels.map((label) => label.name.trim());
  const twice = names.find((each, i) => names.indexOf(each) !== i);
  return twice === undefined ? undefined : t.create.problems.twice(twice);
}

type ProgressProps = {
  readonly phase: Phase;
  readonly onPause: (isPaused: boolean) => void;
  readonly onCancel: () => void;
};

function Progress({ phase, onPause, onCancel }: ProgressProps) {
  if (phase.kind === 'form') return null;
  const share = phase.kind === 'sending' ? phase.sent / Math.max(1, phase.total) : phase.share;
  const percent = Math.round(share * 100);
  const words = phase.kind === 'sending' ? sendingWords(phase) : t.create.importing(percent);
  return (
    <div className={`${styles.card} ${styles.padded} ${styles.form}`}>
      <p role="status">{words}</p>
      <div
        className={styles.progress}
        role="progressbar"
        aria-label={words}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <div style={{ width: `${percent}%` }} />
      </div>
      {phase.kind === 'sending' && (
        <div className={styles.row}>
          <Button onClick={() => onPause(!phase.isPaused)}>{phase.isPaused ? t.create.resume : t.create.pause}</Button>
          <Button kind="quiet" onClick={onCancel}>
            {t.create.cancel}
          </Button>
        </div>
      )}
    </div>
  );
}

function sendingWords({ sent, total, began, isPaused }: Extract<Phase, { kind: 'sending' }>): string {
  const rate = (sent / Math.max(1, Date.now() - began)) * 1_000;
  return t.create.sending(
    fileSize(sent),
    fileSize(total),
    isPaused ? t.create.paused : t.create.perSecond(fileSize(rate)),
    isPaused || rate <= 0 ? '' : t.create.left(duration((total - sent) / rate)),
  );
}
