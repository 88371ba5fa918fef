import { t } from '../texts/en.ts';
import { useDesk, useSettings, useView } from '../ui/workspace/use-desk.ts';
import styles from './player-bar.module.css';

/** What the next click does, and what is looked at: size, zoom, pointer, where the picture comes from. */
export function StatusLine() {
  const desk = useDesk();
  const hint = useView((view) => view.hint);
  const chord = useView((view) => view.chord);
  const zoom = useView((view) => view.zoom);
  const pointer = useView((view) => view.pointer);
  const picture = useView((view) => view.picture);
  const hasVideo = useView((view) => view.hasVideo);
  const noVideo = useView((view) => view.noVideo);
  const resetZoom = useSettings((settings) => settings.resetZoom);
  return (
    <div className={styles.status}>
      <span className={styles.hint} title={hint}>
        {chord === undefined ? hint : t.shortcuts.chord(chord)}
      </span>
      <span className={styles.facts}>
        {pointer && (
          <span className={styles.pointer}>
            {pointer.x.toFixed(0)}, {pointer.y.toFixed(0)}
          </span>
        )}
        <span>
          {desk.size.width} × {desk.size.height}
        </span>
        <button
          type="button"
          className={styles.zoom}
          aria-pressed={resetZoom}
          title={resetZoom ? t.player.resetZoom : t.player.keepZoom}
          onClick={() => desk.settings.setState({ resetZoom: !resetZoom })}
        >
          {t.player.zoom(Math.round(zoom * 100))}
        </button>
        <span
          title={picture?.from === 'video' ? t.player.fromVideo : (noVideo ?? t.player.fromServer)}
          data-feeder={picture?.from}
          data-frame={picture?.frame}
          data-video={noVideo === undefined ? (hasVideo ? 'used' : 'opening') : 'refused'}
        >
          {picture?.quality === 'original' ? t.player.original : t.player.preview}
        </span>
      </span>
    </div>
  );
}
