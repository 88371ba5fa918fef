import { LoaderCircle } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { toggleDeleted } from '../../commands/frames.ts';
import { t } from '../../texts/en.ts';
import { Button } from '../controls/button.tsx';
import { classes } from '../controls/class-names.ts';
import styles from './canvas-area.module.css';
import { CanvasList } from './canvas-list.tsx';
import { CanvasMenu } from './canvas-menu.tsx';
import { type CanvasMenu as CanvasMenuPlace, mountCanvas } from './mount-canvas.ts';
import { useDesk, useDocument, useKeysText, useView } from './use-desk.ts';

/** The place of the canvas, and what is said over it while a frame is missing. React draws nothing of the frame itself. */
export function CanvasArea() {
  const desk = useDesk();
  const host = useRef<HTMLDivElement>(null);
  const tool = useView((view) => view.tool);
  const [menu, setMenu] = useState<CanvasMenuPlace>();
  useEffect(() => (host.current ? mountCanvas(host.current, desk, setMenu) : undefined), [desk]);
  return (
    <main className={styles.area}>
      <div
        id="canvas"
        ref={host}
        className={styles.host}
        role="application"
        tabIndex={0}
        aria-label={t.canvas.name}
        aria-describedby="canvas-keys canvas-objects"
        data-canvas-host
        data-region="canvas"
        data-tool={tool}
      />
      <p id="canvas-keys" className="visually-hidden">
        {t.canvas.keysHelp}
      </p>
      <CanvasList />
      <FrameStates />
      {menu && <CanvasMenu menu={menu} onClose={() => setMenu(undefined)} />}
    </main>
  );
}

/** A frame that is on its way, missing or deleted. */
function FrameStates() {
  const desk = useDesk();
  const keysText = useKeysText();
  const wanted = useView((view) => view.wanted);
  const error = useView((view) => view.frameError);
  const frame = useView((view) => view.frame);
  const lastTool = useView((view) => view.lastTool);
  const hasPicture = useView((view) => view.picture !== undefined);
  const isDeleted = useDocument((state) => state.document.deletedFrames.has(frame));
  const isEmpty = useDocument((state) => state.document.objects.size === 0);
  const isDrawing = useView((view) => view.drawing || view.tool !== 'select');
  const isLate = useLate(wanted !== undefined, 150);
  const shown = wanted ?? frame;
  if (error !== undefined) {
    return (
      <div className={classes(styles.state, styles.error)} role="alert">
        <strong>{t.canvas.failed(shown)}</strong>
        <p>{t.general.serverSays(error)}</p>
        <Button onClick={() => desk.goTo(shown)}>{t.general.retry}</Button>
      </div>
    );
  }
  if (isLate && wanted !== undefined) {
    return (
      <div className={classes(styles.state, hasPicture && styles.dim)} role="status">
        <LoaderCircle size={20} className={styles.spin} aria-hidden />
        {t.canvas.loading(wanted)}
      </div>
    );
  }
  if (isDeleted) {
    return (
      <div className={classes(styles.state, styles.dim)}>
        <strong>{t.canvas.deleted(frame)}</strong>
        {desk.readOnly() === undefined && <Button onClick={() => toggleDeleted(desk)}>{t.states.restore}</Button>}
      </div>
    );
  }
  if (isEmpty && hasPicture && !isDrawing && desk.readOnly() === undefined) {
    return <p className={styles.hint}>{t.canvas.emptyHint(keysText('tool.repeat') ?? 'N', t.tools[lastTool])}</p>;
  }
  return null;
}

function useLate(active: boolean, ms: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!active) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [active, ms]);
  return late && active;
}
