import { Tooltip } from 'radix-ui';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { PlayerBar } from '../../player/player-bar.tsx';
import { t } from '../../texts/en.ts';
import { Timeline } from '../../timeline/timeline.tsx';
import { isUnderWay } from '../../tracking/suitable.ts';
import { ActionDialog } from '../action-dialog/action-dialog.tsx';
import { ConflictsDialog } from '../conflicts/conflicts-dialog.tsx';
import { runPercent } from '../runs/run-words.ts';
import { RunsDrawer } from '../runs/runs-drawer.tsx';
import { SettingsDialog } from '../settings/settings-dialog.tsx';
import { ShortcutsDialog } from '../shortcuts/shortcuts-dialog.tsx';
import { Toaster } from '../toasts/toaster.tsx';
import { CanvasArea } from './canvas-area.tsx';
import { ColorPicker } from './color-picker.tsx';
import { Part } from './part.tsx';
import { Sidebar } from './sidebar.tsx';
import { SignInDialog } from './sign-in-dialog.tsx';
import { StatisticsDialog } from './statistics-dialog.tsx';
import { ToolRail } from './tool-rail.tsx';
import { TopBar } from './top-bar.tsx';
import { DeskProvider, useDesk, useView } from './use-desk.ts';
import { useFollow } from './use-follow.ts';
import { useWorkspaceKeys } from './use-workspace-keys.ts';
import styles from './workspace.module.css';
import type { WorkspaceDesk } from './workspace-desk.ts';

/** The page in which one works, for one open job. */
export function Workspace({ desk }: { desk: WorkspaceDesk }) {
  return (
    <DeskProvider value={desk}>
      <Tooltip.Provider delayDuration={400} skipDelayDuration={200}>
        <Layout />
      </Tooltip.Provider>
    </DeskProvider>
  );
}

function Layout() {
  const desk = useDesk();
  useWorkspaceKeys(desk);
  useFollow(desk);
  // A change of who may edit must reach every part: they ask the desk.
  useStore(desk.session.state, (state) => state.readOnly);
  const runsOpen = useView((view) => view.runsOpen);
  return (
    <div className={styles.workspace} data-workspace>
      <PageTitle />
      <a className={styles.skip} href="#canvas">
        {t.canvas.skip}
      </a>
      <Part name="top bar">
        <TopBar />
      </Part>
      <div className={styles.middle}>
        <Part name="tools">
          <ToolRail />
        </Part>
        <Part name="canvas">
          <CanvasArea />
        </Part>
        <Part name="sidebar">
          <Sidebar />
        </Part>
        {runsOpen && (
          <Part name="runs">
            <RunsDrawer />
          </Part>
        )}
      </div>
      <Part name="player">
        <PlayerBar />
      </Part>
      <Part name="timeline">
        <Timeline />
      </Part>
      <Dialogs />
      <Toaster toasts={desk.toasts} />
    </div>
  );
}

function Dialogs() {
  const dialog = useView((view) => view.dialog);
  const picking = useView((view) => view.picking);
  return (
    <Part name="dialog">
      {dialog === 'run-action' && <ActionDialog />}
      {dialog === 'settings' && <SettingsDialog />}
      {dialog === 'shortcuts' && <ShortcutsDialog />}
      {dialog === 'statistics' && <StatisticsDialog />}
      {dialog === 'conflicts' && <ConflictsDialog />}
      {dialog === 'remove-range' && <ActionDialog first="remove" />}
      <SignInDialog />
      {picking !== undefined && <ColorPicker uid={picking} />}
    </Part>
  );
}

/** Says how far a run is while the page is in the background. */
function PageTitle() {
  const desk = useDesk();
  const run = useStore(desk.session.state, (state) => state.runs.find(isUnderWay));
  const title = run
    ? t.runs.pageTitle(runPercent(run), desk.job.id)
    : `${desk.job.taskName} · ${t.topBar.job(desk.job.id)}`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  return null;
}
