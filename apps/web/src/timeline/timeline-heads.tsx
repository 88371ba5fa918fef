import { Eye, EyeOff, Lock, TriangleAlert } from 'lucide-react';
import { toggleOwn } from '../commands/flags.ts';
import { spanOf } from '../document/visible.ts';
import { t } from '../texts/en.ts';
import { classes } from '../ui/controls/class-names.ts';
import { useDesk, useSettings, useView } from '../ui/workspace/use-desk.ts';
import { colorOf, objectName } from '../view/labels.ts';
import { ROW } from './paint-row.ts';
import type { Row } from './rows.ts';
import styles from './timeline.module.css';

interface HeadsProps {
  rows: readonly Row[];
  scroll: number;
  height: number;
}

/** Names at the left of the rows; only those in view. */
export function TimelineHeads({ rows, scroll, height }: HeadsProps) {
  const first = Math.max(0, Math.floor(scroll / ROW));
  const shown = rows.slice(first, Math.ceil((scroll + height) / ROW));
  return (
    <div className={styles.heads}>
      <div className={styles.corner} />
      <div className={styles.names}>
        {shown.map((row, index) => (
          <div
            key={row.kind === 'track' ? row.uid : `label-${row.label}`}
            className={styles.head}
            style={{ top: (first + index) * ROW - scroll }}
          >
            {row.kind === 'track' ? <TrackHead row={row} /> : <ShapesHead label={row.label} />}
          </div>
        ))}
      </div>
    </div>
  );
}

function TrackHead({ row: { uid, track, unsure } }: { row: Row & { kind: 'track' } }) {
  const desk = useDesk();
  const isSelected = useView((view) => view.selection.includes(uid));
  const colorBy = useSettings((settings) => settings.appearance.colorBy);
  const name = objectName(desk.labels, desk.numbers, track);
  return (
    <>
      <span className={styles.color} style={{ background: colorOf(track, desk.labels, desk.numbers, colorBy) }} />
      <button
        type="button"
        className={classes(styles.name, isSelected && styles.selected)}
        aria-pressed={isSelected}
        onClick={() => desk.view.setState({ selection: [uid] })}
        onDoubleClick={() => {
          desk.goTo(spanOf(track).first);
          desk.canvas.zoomToSelection();
        }}
      >
        {name}
      </button>
      {track.locked && <Lock size={12} aria-hidden className={styles.sign} />}
      {unsure.length > 0 && (
        <button
          type="button"
          className={styles.warn}
          aria-label={t.timeline.unsure(name, unsure.length)}
          title={t.timeline.unsure(name, unsure.length)}
          onClick={() => {
            desk.view.setState({ selection: [uid] });
            desk.goTo(track.keyframes.find(({ frame }) => frame === unsure[0]![0])!.frame);
          }}
        >
          <TriangleAlert size={12} aria-hidden />
          {unsure.length}
        </button>
      )}
      <button
        type="button"
        className={styles.eye}
        aria-label={track.hidden ? t.objects.unhide : t.objects.hide}
        aria-pressed={track.hidden}
        onClick={() => toggleOwn(desk, [uid], 'hidden')}
      >
        {track.hidden ? <EyeOff size={13} aria-hidden /> : <Eye size={13} aria-hidden />}
      </button>
    </>
  );
}

function ShapesHead({ label }: { label: number }) {
  const desk = useDesk();
  return (
    <>
      <span className={styles.color} style={{ background: desk.labels.color(label) }} />
      <span className={styles.name}>{t.timeline.shapesOf(desk.labels.name(label))}</span>
    </>
  );
}
