import {
  ChevronFirst,
  ChevronLast,
  ChevronLeft,
  ChevronRight,
  ChevronsLeft,
  ChevronsRight,
  Link,
  Pause,
  Play,
  Trash2,
  Undo,
} from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { findFrame } from '../commands/find-frame.ts';
import { toggleDeleted } from '../commands/frames.ts';
import { timeOf } from '../frames/index.ts';
import type { ActionId } from '../keys/index.ts';
import { t } from '../texts/en.ts';
import { IconButton } from '../ui/controls/button.tsx';
import { Choice, NumberField } from '../ui/controls/fields.tsx';
import { ContextMenu } from '../ui/controls/menu.tsx';
import { useDesk, useDocument, useKeysText, useSettings, useView } from '../ui/workspace/use-desk.ts';
import styles from './player-bar.module.css';
import { StatusLine } from './status-line.tsx';
import { timeText } from './time-text.ts';

const SPEEDS = ['0.1', '0.25', '0.5', '1', '1.5', '2', '4', '8'] as const;

export function PlayerBar() {
  const desk = useDesk();
  const { navigator } = desk;
  const frame = useView((view) => view.frame);
  const step = useSettings((settings) => settings.step);
  const isDeleted = useDocument((state) => state.document.deletedFrames.has(frame));
  const go = (by: number) => {
    desk.playback.pause();
    navigator.step(by);
  };
  return (
    <div className={styles.bar} role="region" aria-label={t.player.bar} data-region="player" tabIndex={-1}>
      <div className={styles.group}>
        <Go
          label={t.player.first}
          action="frame.first"
          disabled={frame === desk.first}
          run={() => desk.goTo(desk.first)}
        >
          <ChevronFirst size={18} />
        </Go>
        <Go label={t.player.back(step)} action="frame.backward" disabled={frame === desk.first} run={() => go(-step)}>
          <ChevronsLeft size={18} />
        </Go>
        <SearchMenu direction={-1}>
          <Go label={t.player.previous} action="frame.previous" disabled={frame === desk.first} run={() => go(-1)}>
            <ChevronLeft size={18} />
          </Go>
        </SearchMenu>
        <PlayButton />
        <SearchMenu direction={1}>
          <Go label={t.player.next} action="frame.next" disabled={frame === desk.last} run={() => go(1)}>
            <ChevronRight size={18} />
          </Go>
        </SearchMenu>
        <Go label={t.player.forward(step)} action="frame.forward" disabled={frame === desk.last} run={() => go(step)}>
          <ChevronsRight size={18} />
        </Go>
        <Go label={t.player.last} action="frame.last" disabled={frame === desk.last} run={() => desk.goTo(desk.last)}>
          <ChevronLast size={18} />
        </Go>
      </div>
      <div className={styles.group}>
        <FrameField />
        <span className={styles.muted}>{t.player.of(desk.last)}</span>
        <span className={styles.time} data-time>
          {timeText(timeOf(desk.source.table, frame))}
        </span>
        <SpeedChoice />
        <IconButton label={t.player.copyLink} tiny side="top" onClick={() => copyLink(desk)}>
          <Link size={15} />
        </IconButton>
        {desk.readOnly() === undefined && (
          <IconButton
            label={isDeleted ? t.player.restoreFrame : t.player.deleteFrame}
            tiny
            side="top"
            onClick={() => toggleDeleted(desk)}
          >
            {isDeleted ? <Undo size={15} /> : <Trash2 size={15} />}
          </IconButton>
        )}
      </div>
      <StatusLine />
    </div>
  );
}

interface GoProps {
  label: string;
  action: ActionId;
  disabled: boolean;
  run: () => void;
  children: ReactNode;
}

function Go({ label, action, disabled, run, children, ...rest }: GoProps) {
  const keysText = useKeysText();
  return (
    <IconButton label={label} keys={keysText(action)} side="top" disabled={disabled} onClick={run} {...rest}>
      {children}
    </IconButton>
  );
}

function PlayButton() {
  const desk = useDesk();
  const keysText = useKeysText();
  const playing = useView((view) => view.playing);
  return (
    <IconButton
      label={playing ? t.player.pause : t.player.play}
      keys={keysText('play.toggle')}
      side="top"
      className={styles.play}
      onClick={() => desk.playback.toggle()}
    >
      {playing ? <Pause size={18} /> : <Play size={18} />}
    </IconButton>
  );
}

/** Right click on a step button says what it looks for, as in CVAT. */
function SearchMenu({ direction, children }: { direction: 1 | -1; children: ReactNode }) {
  const desk = useDesk();
  const entries = () =>
    (['regular', 'filtered', 'empty', 'suspicious'] as const).map((search) => ({
      text: t.player.searches[search],
      run: () => {
        desk.settings.setState({ search });
        const found = findFrame(desk, search, direction);
        if (found !== undefined) desk.goTo(found);
        else desk.notify({ kind: 'info', text: t.player.nothingFound });
      },
    }));
  return (
    <ContextMenu entries={entries} label={t.player.search}>
      <span className={styles.slot}>{children}</span>
    </ContextMenu>
  );
}

function FrameField() {
  const desk = useDesk();
  const frame = useView((view) => view.frame);
  const field = useRef<HTMLInputElement>(null);
  useEffect(
    () =>
      desk.keys.bind({
        'frame.focus-field': () => {
          field.current?.focus();
          field.current?.select();
        },
      }),
    [desk],
  );
  return (
    <NumberField
      ref={field}
      aria-label={t.player.frame}
      className={styles.frame}
      value={frame}
      min={desk.first}
      max={desk.last}
      page={desk.settings.getState().step}
      onChange={(value) => desk.goTo(value as typeof frame)}
    />
  );
}

function SpeedChoice() {
  const desk = useDesk();
  const speed = useSettings((settings) => settings.speed);
  return (
    <Choice
      aria-label={t.player.speed}
      className={styles.speed}
      value={String(speed)}
      options={SPEEDS.map((value) => ({ value: value as string, text: t.player.speedText(Number(value)) }))}
      onChange={(value) => desk.settings.setState({ speed: Number(value) })}
    />
  );
}

function copyLink(desk: ReturnType<typeof useDesk>): void {
  const url = new URL(location.href);
  url.search = '';
  url.searchParams.set('frame', String(desk.view.getState().frame));
  void navigator.clipboard?.writeText(url.href).then(
    () => desk.notify({ kind: 'ok', text: t.player.linkCopied }),
    () => desk.notify({ kind: 'info', text: url.href }),
  );
}
