import {
  ChevronLeft,
  ChevronRight,
  Diamond,
  Eye,
  EyeOff,
  Lock,
  LockOpen,
  LogOut,
  Pin,
  SquareDashed,
} from 'lucide-react';
import type { MouseEvent, ReactNode } from 'react';
import { toggleKeyframe, toggleOccluded, toggleOutside, toggleOwn } from '../../commands/flags.ts';
import { nextStop } from '../../commands/keyframes.ts';
import type { FrameNumber } from '../../document/records.ts';
import { keyframesAround } from '../../document/visible.ts';
import type { ActionId } from '../../keys/index.ts';
import { t } from '../../texts/en.ts';
import { IconButton } from '../controls/button.tsx';
import { useDesk, useKeysText, useView } from '../workspace/use-desk.ts';
import styles from './objects.module.css';
import type { ListedObject } from './use-listed.ts';

/** Switches of one object: those of the whole object, those of this frame, and the way along its keyframes. */
export function ObjectFlags({ row: { uid, record, here } }: { row: ListedObject }) {
  const desk = useDesk();
  const frame = useView((view) => view.frame);
  const isTrack = record.kind === 'track';
  const at = isTrack ? keyframesAround(record, frame).at : undefined;
  const isKeyframe = at?.frame === frame;
  return (
    <span className={styles.flags}>
      <Flag
        label={record.locked ? t.objects.unlock : t.objects.lock}
        action="object.lock"
        on={record.locked}
        run={() => toggleOwn(desk, [uid], 'locked')}
      >
        {record.locked ? <Lock size={14} /> : <LockOpen size={14} />}
      </Flag>
      <Flag
        label={record.hidden ? t.objects.unhide : t.objects.hide}
        action="object.hide"
        on={record.hidden}
        run={() => toggleOwn(desk, [uid], 'hidden')}
      >
        {record.hidden ? <EyeOff size={14} /> : <Eye size={14} />}
      </Flag>
      {record.kind !== 'tag' && (
        <>
          <Flag
            label={t.objects.occluded}
            action="object.occluded"
            on={here?.occluded ?? false}
            run={() => toggleOccluded(desk, [uid])}
          >
            <SquareDashed size={14} />
          </Flag>
          <Flag
            label={t.objects.pinned}
            action="object.pinned"
            on={record.pinned}
            run={() => toggleOwn(desk, [uid], 'pinned')}
          >
            <Pin size={14} />
          </Flag>
        </>
      )}
      {isTrack && (
        <>
          <Flag
            label={t.objects.outside}
            action="track.outside"
            on={at?.outside ?? false}
            run={() => toggleOutside(desk, [uid])}
          >
            <LogOut size={14} />
          </Flag>
          <Step
            to={nextStop(record, frame, -1, 'person')}
            label={t.objects.previousKeyframe}
            action="track.previous-keyframe"
          >
            <ChevronLeft size={14} />
          </Step>
          <Flag
            label={t.objects.keyframe}
            action="track.keyframe"
            on={isKeyframe}
            run={() => toggleKeyframe(desk, [uid])}
          >
            <Diamond size={13} fill={isKeyframe ? 'currentColor' : 'none'} />
          </Flag>
          <Step to={nextStop(record, frame, 1, 'person')} label={t.objects.nextKeyframe} action="track.next-keyframe">
            <ChevronRight size={14} />
          </Step>
        </>
      )}
    </span>
  );
}

interface FlagProps {
  label: string;
  action: ActionId;
  on: boolean;
  run: () => void;
  children: ReactNode;
}

function Flag({ label, action, on, run, children }: FlagProps) {
  const keysText = useKeysText();
  return (
    <IconButton
      label={label}
      keys={keysText(action)}
      tiny
      tabIndex={-1}
      aria-pressed={on}
      onClick={(event: MouseEvent) => {
        event.stopPropagation();
        run();
      }}
    >
      {children}
    </IconButton>
  );
}

interface StepProps {
  to: FrameNumber | undefined;
  label: string;
  action: ActionId;
  children: ReactNode;
}

function Step({ to, label, action, children }: StepProps) {
  const desk = useDesk();
  const keysText = useKeysText();
  return (
    <IconButton
      label={label}
      keys={keysText(action)}
      tiny
      tabIndex={-1}
      disabled={to === undefined}
      onClick={(event: MouseEvent) => {
        event.stopPropagation();
        if (to !== undefined) desk.goTo(to);
      }}
    >
      {children}
    </IconButton>
  );
}
