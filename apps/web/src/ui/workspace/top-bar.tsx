import {
  BarChart3,
  Check,
  CircleAlert,
  CircleHelp,
  Cloud,
  CloudOff,
  Hand,
  ListChecks,
  LoaderCircle,
  Menu as MenuIcon,
  Redo2,
  Save,
  Settings,
  Undo2,
} from 'lucide-react';
import { useStore } from 'zustand';
import { redo, undo } from '../../commands/history.ts';
import type { SaveState } from '../../sync/state.ts';
import { t } from '../../texts/en.ts';
import { clockTime } from '../../texts/format.ts';
import { isUnderWay } from '../../tracking/suitable.ts';
import { Button, Hint, IconButton } from '../controls/button.tsx';
import { classes } from '../controls/class-names.ts';
import { Menu, type MenuEntry } from '../controls/menu.tsx';
import styles from './top-bar.module.css';
import { useDesk, useDocument, useKeysText, useView } from './use-desk.ts';
import { editHere } from './watch-session.ts';

export function TopBar() {
  const desk = useDesk();
  const keysText = useKeysText();
  const undoStep = useDocument((state) => state.history.done.at(-1)?.name);
  const redoStep = useDocument((state) => state.history.undone.at(-1)?.name);
  const drawing = useView((view) => view.drawing);
  const tool = useView((view) => view.tool);
  const blocked = useView((view) => view.options.interactor.blocked);
  const running = useStore(desk.session.state, (state) => state.runs.filter(isUnderWay).length);
  const runsOpen = useView((view) => view.runsOpen);
  const reason = desk.readOnly();
  const open = (dialog: 'settings' | 'shortcuts' | 'statistics') => desk.view.setState({ dialog });
  return (
    <header className={styles.bar} data-region="top-bar" tabIndex={-1}>
      <div className={styles.side}>
        <JobMenu />
        <SaveButton />
        <IconButton
          label={t.topBar.undo(undoStep)}
          keys={keysText('job.undo')}
          disabled={undoStep === undefined}
          onClick={() => undo(desk)}
        >
          <Undo2 size={18} />
        </IconButton>
        <IconButton
          label={t.topBar.redo(redoStep)}
          keys={keysText('job.redo')}
          disabled={redoStep === undefined}
          onClick={() => redo(desk)}
        >
          <Redo2 size={18} />
        </IconButton>
        {drawing && (
          <Button small kind="primary" onClick={() => desk.canvas.send('finish')}>
            <Check size={15} aria-hidden />
            {t.topBar.done}
          </Button>
        )}
        {tool === 'sam-click' && (
          <Hint text={t.topBar.blockHint} keys={keysText('tool.block')}>
            <Button small aria-pressed={blocked} onClick={() => desk.canvas.toggleBlock()}>
              <Hand size={15} aria-hidden />
              {t.topBar.block}
            </Button>
          </Hint>
        )}
      </div>
      <div className={styles.middle}>
        <h1 className={styles.task} title={desk.job.taskName}>
          {desk.job.taskName}
        </h1>
        <span className={styles.job}>
          {t.topBar.job(desk.job.id)} · {t.topBar.range(desk.first, desk.last)}
        </span>
        <span className={styles.chip}>
          {desk.job.state === 'new' ? desk.job.stage : `${desk.job.stage}: ${desk.job.state}`}
        </span>
        {reason !== undefined && (
          <span className={classes(styles.chip, styles.readOnly)}>{t.topBar.readOnly(reason)}</span>
        )}
        <Regain />
      </div>
      <div className={classes(styles.side, styles.end)}>
        <Hint text={t.topBar.runs} keys={keysText('runs.toggle')}>
          <Button
            small
            kind="quiet"
            aria-pressed={runsOpen}
            onClick={() => desk.view.setState({ runsOpen: !runsOpen })}
          >
            {running > 0 ? (
              <LoaderCircle size={16} aria-hidden className={styles.spin} />
            ) : (
              <ListChecks size={16} aria-hidden />
            )}
            {t.topBar.runs}
            {running > 0 && <span className={styles.badge}>{t.topBar.runsActive(running)}</span>}
          </Button>
        </Hint>
        <IconButton label={t.topBar.info} onClick={() => open('statistics')}>
          <BarChart3 size={18} />
        </IconButton>
        <IconButton label={t.topBar.settings} keys={keysText('app.settings')} onClick={() => open('settings')}>
          <Settings size={18} />
        </IconButton>
        <IconButton label={t.topBar.help} keys={keysText('app.shortcuts')} onClick={() => open('shortcuts')}>
          <CircleHelp size={18} />
        </IconButton>
      </div>
    </header>
  );
}

/** The way out of "read only", where there is one. */
function Regain() {
  const desk = useDesk();
  const reason = useStore(desk.session.state, (state) => state.readOnly);
  if (reason === 'other-tab') {
    return (
      <Button small onClick={() => editHere(desk)}>
        {t.states.editHere}
      </Button>
    );
  }
  const takeUp = desk.jobActions().find(({ text }) => text === t.jobMenu.renew);
  return reason === 'done' && takeUp ? (
    <Button small onClick={takeUp.run}>
      {t.states.takeUpAgain}
    </Button>
  ) : null;
}

function JobMenu() {
  const desk = useDesk();
  const keysText = useKeysText();
  const entries = (): readonly MenuEntry[] => [
    ...(desk.readOnly() === undefined
      ? [
          {
            text: t.jobMenu.runActions,
            keys: keysText('object.run-action'),
            run: () => {
              desk.view.setState({ selection: [] });
              desk.menuHost.runAction();
            },
          },
          { text: t.jobMenu.removeAnnotations, run: () => desk.view.setState({ dialog: 'remove-range' }) },
          'separator' as const,
        ]
      : []),
    ...desk.jobActions().map(({ text, run }) => ({ text, run })),
  ];
  return (
    <Menu entries={entries} label={t.topBar.menu}>
      <Button small kind="quiet" className={styles.menu}>
        <MenuIcon size={18} aria-hidden />
        {t.topBar.menu}
      </Button>
    </Menu>
  );
}

const SAVE_ICONS = {
  saved: Cloud,
  saving: LoaderCircle,
  waiting: Save,
  offline: CloudOff,
  'signed-out': CircleAlert,
  failed: CircleAlert,
};

function SaveButton() {
  const desk = useDesk();
  const keysText = useKeysText();
  const save = useStore(desk.session.state, (state) => state.save);
  const conflicts = useStore(desk.session.state, (state) => state.conflicts.length);
  const text = savingText(save);
  const Icon = SAVE_ICONS[save.phase];
  const isTrouble = save.phase === 'failed' || save.phase === 'offline' || save.phase === 'signed-out';
  return (
    <>
      <Hint text={isTrouble && 'why' in save ? save.why : t.topBar.save} keys={keysText('job.save')}>
        <Button
          small
          kind="quiet"
          className={classes(styles.save, styles[save.phase])}
          data-saving={save.phase}
          onClick={() => void desk.save()}
        >
          <Icon size={16} aria-hidden className={save.phase === 'saving' ? styles.spin : undefined} />
          <span className={styles.saveText}>{text}</span>
        </Button>
      </Hint>
      {conflicts > 0 && (
        <Button small kind="danger" onClick={() => desk.view.setState({ dialog: 'conflicts' })}>
          {t.saving.conflicts(conflicts)}
        </Button>
      )}
      <span className="visually-hidden" role="status">
        {isTrouble ? text : ''}
      </span>
    </>
  );
}

function savingText(save: SaveState): string {
  switch (save.phase) {
    case 'saved':
      return save.at ? t.saving.saved(clockTime(save.at)) : t.saving.savedNever;
    case 'saving':
      return t.saving.saving;
    case 'waiting':
      return t.saving.waiting(save.changes);
    case 'offline':
      return save.kept ? t.saving.offline(save.changes) : t.saving.offlineNotKept(save.changes);
    case 'signed-out':
      return t.saving.signedOut(save.changes);
    case 'failed':
      return t.saving.failed(save.why);
  }
}
