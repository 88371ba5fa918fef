import { PanelRightClose, PanelRightOpen } from 'lucide-react';
import { Tabs } from 'radix-ui';
import { useRef } from 'react';
import { t } from '../../texts/en.ts';
import { Appearance } from '../appearance/appearance.tsx';
import { IconButton } from '../controls/button.tsx';
import { LabelsPanel } from '../labels/labels-panel.tsx';
import { ObjectsPanel } from '../objects/objects-panel.tsx';
import { useDesk, useSettings, useView } from './use-desk.ts';
import styles from './workspace.module.css';

const LEAST = 260;
const MOST = 560;

export function Sidebar() {
  const desk = useDesk();
  const open = useSettings((settings) => settings.sidebarOpen);
  const width = useSettings((settings) => settings.sidebarWidth);
  const panel = useView((view) => view.panel);
  const isDragging = useRef(false);
  const set = (value: number) =>
    desk.settings.setState({ sidebarWidth: Math.round(Math.max(LEAST, Math.min(MOST, value))) });
  if (!open) {
    return (
      <aside className={styles.sidebarClosed} data-region="sidebar" tabIndex={-1} aria-label={t.objects.tab}>
        <IconButton
          label={t.workspace.openSidebar}
          side="left"
          onClick={() => desk.settings.setState({ sidebarOpen: true })}
        >
          <PanelRightOpen size={18} />
        </IconButton>
      </aside>
    );
  }
  return (
    <aside className={styles.sidebar} style={{ width }} data-region="sidebar" tabIndex={-1} aria-label={t.objects.tab}>
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label={t.workspace.sidebarWidth}
        aria-valuenow={width}
        aria-valuemin={LEAST}
        aria-valuemax={MOST}
        tabIndex={0}
        className={styles.sidebarHandle}
        onPointerDown={(event) => {
          isDragging.current = true;
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) => isDragging.current && set(innerWidth - event.clientX)}
        onPointerUp={() => {
          isDragging.current = false;
        }}
        onKeyDown={(event) => {
          const by = { ArrowLeft: 20, ArrowRight: -20 }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          set(width + by);
        }}
      />
      <Tabs.Root
        className={styles.tabs}
        value={panel}
        onValueChange={(value) => desk.view.setState({ panel: value === 'labels' ? 'labels' : 'objects' })}
      >
        <div className={styles.tabHead}>
          <Tabs.List className={styles.tabList} aria-label={t.objects.tab}>
            <Tabs.Trigger value="objects" className={styles.tab}>
              {t.objects.tab}
            </Tabs.Trigger>
            <Tabs.Trigger value="labels" className={styles.tab}>
              {t.objects.labelsTab}
            </Tabs.Trigger>
          </Tabs.List>
          <IconButton
            label={t.workspace.closeSidebar}
            tiny
            onClick={() => desk.settings.setState({ sidebarOpen: false })}
          >
            <PanelRightClose size={16} />
          </IconButton>
        </div>
        <Tabs.Content value="objects" className={styles.tabBody} tabIndex={-1}>
          <ObjectsPanel />
        </Tabs.Content>
        <Tabs.Content value="labels" className={styles.tabBody} tabIndex={-1}>
          <LabelsPanel />
        </Tabs.Content>
      </Tabs.Root>
      <Appearance />
    </aside>
  );
}
