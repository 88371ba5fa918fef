import { type PointerEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { toFrame } from '../document/records.ts';
import { timeOf } from '../frames/index.ts';
import { timeText } from '../player/time-text.ts';
import { t } from '../texts/en.ts';
import { isUnderWay } from '../tracking/suitable.ts';
import { classes } from '../ui/controls/class-names.ts';
import { useDesk, useDocument, useSettings, useView } from '../ui/workspace/use-desk.ts';
import { colorOf } from '../view/labels.ts';
import { paintTimeline, RULER, type RunRange } from './paint.ts';
import { ROW } from './paint-row.ts';
import { type Row, rowsOf } from './rows.ts';
import { frameAtX, panned, resized, type Scale, showing, wholeJob, xOf, zoomed } from './scale.ts';
import { Scrub } from './scrub.ts';
import { themeColors, useTheme } from './theme-colors.ts';
import styles from './timeline.module.css';
import { TimelineHeads } from './timeline-heads.tsx';
import { useSize } from './use-size.ts';

export function Timeline() {
  const desk = useDesk();
  const document = useDocument((state) => state.document);
  const height = useSettings((settings) => settings.timelineHeight);
  const frame = useView((view) => view.frame);
  const filter = useView((view) => view.filter);
  const rows = useMemo(() => rowsOf(document, desk.last), [document, desk.last]);
  const [drawing, size] = useSize();
  const canvas = useRef<HTMLCanvasElement>(null);
  const scale = useRef<Scale>(wholeJob(desk.first, desk.last, 1));
  const [scroll, setScroll] = useState(0);
  const most = Math.max(0, rows.length * ROW - (size.height - RULER));
  const offset = Math.min(scroll, most);

  const paint = useTimelinePaint(canvas, scale, rows, offset, size);
  useEffect(() => {
    scale.current = resized(scale.current, Math.max(1, size.width));
    paint();
  }, [size, paint]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of these is a reason to draw
  useEffect(() => {
    scale.current = showing(scale.current, frame);
    paint();
  }, [frame, rows, filter, offset, paint]);

  const scrub = useRef<Scrub>(undefined);
  scrub.current ??= new Scrub(desk);
  const frameOf = (event: PointerEvent): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return frameAtX(scale.current, event.clientX - box.left);
  };
  const isOnTarget = (event: PointerEvent): boolean => {
    const { target } = desk.view.getState();
    const box = event.currentTarget.getBoundingClientRect();
    return target !== undefined && Math.abs(event.clientX - box.left - xOf(scale.current, target + 0.5)) < 8;
  };
  const dragging = useRef<'playhead' | 'target' | undefined>(undefined);
  const onDown = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0) return;
    const box = event.currentTarget.getBoundingClientRect();
    const y = event.clientY - box.top;
    event.currentTarget.setPointerCapture(event.pointerId);
    dragging.current = y < RULER && isOnTarget(event) ? 'target' : 'playhead';
    if (dragging.current === 'target') return;
    const row = y < RULER ? undefined : rows[Math.floor((y - RULER + offset) / ROW)];
    if (row?.kind === 'track') desk.view.setState({ selection: [row.uid] });
    scrub.current?.to(frameOf(event));
  };
  const onMove = (event: PointerEvent<HTMLDivElement>): void => {
    if (dragging.current === 'target') desk.view.setState({ target: toFrame(frameOf(event)) });
    else if (dragging.current === 'playhead') scrub.current?.to(frameOf(event));
  };
  const onUp = (event: PointerEvent<HTMLDivElement>): void => {
    if (dragging.current === 'playhead') scrub.current?.end(frameOf(event));
    dragging.current = undefined;
  };

  useWheel(drawing, (event, x) => {
    if (event.ctrlKey || event.metaKey) scale.current = zoomed(scale.current, x, 1.0015 ** -event.deltaY);
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
      scale.current = panned(scale.current, event.deltaX || event.deltaY);
    else setScroll(Math.max(0, Math.min(most, offset + event.deltaY)));
    paint();
  });

  return (
    <section
      className={styles.timeline}
      style={{ height }}
      aria-label={t.timeline.region}
      data-region="timeline"
      tabIndex={-1}
    >
      <ResizeHandle />
      <TimelineHeads rows={rows} scroll={offset} height={Math.max(0, size.height - RULER)} />
      <div
        ref={drawing}
        className={styles.drawing}
        onPointerDown={onDown}
        onPointerMove={onMove}
        onPointerUp={onUp}
        onPointerCancel={() => {
          dragging.current = undefined;
        }}
        onDoubleClick={() => {
          scale.current = wholeJob(desk.first, desk.last, size.width);
          paint();
        }}
      >
        <canvas ref={canvas} className={styles.canvas} aria-hidden />
        <div
          role="slider"
          tabIndex={0}
          className={styles.playhead}
          aria-label={t.timeline.playhead}
          aria-valuemin={desk.first}
          aria-valuemax={desk.last}
          aria-valuenow={frame}
          aria-valuetext={t.player.position(frame, desk.last, timeText(timeOf(desk.source.table, frame)))}
          onKeyDown={(event) => {
            const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
            if (by !== undefined) desk.navigator.step(by, event.repeat);
            else if (event.key === 'Home') desk.goTo(desk.first);
            else if (event.key === 'End') desk.goTo(desk.last);
            else return;
            event.preventDefault();
          }}
        />
        {rows.length === 0 && <p className={styles.empty}>{t.timeline.empty}</p>}
      </div>
    </section>
  );
}

/** A function that draws the timeline with the next frame of the screen; it also draws by itself when the view changes. */
function useTimelinePaint(
  canvas: React.RefObject<HTMLCanvasElement | null>,
  scale: React.RefObject<Scale>,
  rows: readonly Row[],
  scroll: number,
  size: { width: number; height: number },
): () => void {
  const desk = useDesk();
  const theme = useTheme();
  const colorBy = useSettings((settings) => settings.appearance.colorBy);
  const runs = useStore(desk.session.state, (state) => state.runs);
  const planned = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is read from the page
  const draw = useCallback(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context || size.width === 0) return;
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    if (element.width !== width || element.height !== height) Object.assign(element, { width, height });
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { frame, wanted, target, range, selection } = desk.view.getState();
    const { objects, deletedFrames } = desk.store.state.document;
    const active = runs.filter(isUnderWay);
    const rangeOf = (run: (typeof runs)[number]): RunRange => ({
      start: run.start_frame,
      done: run.done_frame,
      target: run.target_frame,
    });
    paintTimeline(context, {
      scale: scale.current,
      height: size.height,
      scroll,
      rows,
      colorOf: (row) =>
        row.kind === 'track' ? colorOf(row.track, desk.labels, desk.numbers, colorBy) : desk.labels.color(row.label),
      isSelected: (row) => row.kind === 'track' && selection.includes(row.uid),
      isFaint: (row) => row.kind === 'track' && (objects.get(row.uid)?.hidden ?? false),
      loaded: [...desk.source.loaded()].sort((a, b) => a - b),
      deleted: [...deletedFrames].sort((a, b) => a - b),
      frame,
      wanted,
      target,
      range,
      runs: active.map(rangeOf),
      runsOf: (row) => {
        if (row.kind !== 'track') return [];
        const id = desk.store.identity(row.uid)?.id;
        return active.filter((run) => run.objects.some((each) => each.object === id)).map(rangeOf);
      },
      colors: themeColors(),
    });
  }, [desk, canvas, scale, rows, scroll, size, theme, colorBy, runs]);
  const paint = useCallback(() => {
    cancelAnimationFrame(planned.current);
    planned.current = requestAnimationFrame(draw);
  }, [draw]);
  useEffect(() => {
    paint();
    const drawNow = desk.view.subscribe((now, before) => {
      // The playhead moves in the same paint as the picture.
      if (now.frame !== before.frame) draw();
      else if (
        now.wanted !== before.wanted ||
        now.target !== before.target ||
        now.range !== before.range ||
        now.selection !== before.selection
      )
        paint();
    });
    const loaded = desk.source.subscribe(paint);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', paint);
    return () => {
      drawNow();
      loaded();
      dark.removeEventListener('change', paint);
      cancelAnimationFrame(planned.current);
    };
  }, [desk, draw, paint]);
  return paint;
}

/** React's own wheel listener may not stop the browser from zooming the page. */
function useWheel(element: React.RefObject<HTMLElement | null>, act: (event: WheelEvent, x: number) => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    const listen = (event: WheelEvent): void => {
      event.preventDefault();
      latest.current(event, event.clientX - target.getBoundingClientRect().left);
    };
    target.addEventListener('wheel', listen, { passive: false });
    return () => target.removeEventListener('wheel', listen);
  }, [element]);
}

const LEAST_HEIGHT = 28;

function ResizeHandle() {
  const desk = useDesk();
  const height = useSettings((settings) => settings.timelineHeight);
  const set = (value: number) =>
    desk.settings.setState({ timelineHeight: Math.round(Math.max(LEAST_HEIGHT, Math.min(innerHeight / 2, value))) });
  const isDragging = useRef(false);
  return (
    <div
      role="separator"
      aria-orientation="horizontal"
      aria-label={t.timeline.resize}
      aria-valuenow={height}
      aria-valuemin={LEAST_HEIGHT}
      aria-valuemax={Math.round(innerHeight / 2)}
      tabIndex={0}
      className={classes(styles.handle)}
      onPointerDown={(event) => {
        isDragging.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => isDragging.current && set(innerHeight - event.clientY)}
      onPointerUp={() => {
        isDragging.current = false;
      }}
      onKeyDown={(event) => {
        const by = { ArrowUp: ROW, ArrowDown: -ROW }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        set(height + by);
      }}
    />
  );
}
