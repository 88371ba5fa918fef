/** Frames of the screen while the view is panned or zoomed, and how long each took. */
export type GestureRun = {
  readonly kind: 'pan' | 'zoom';
  /** Milliseconds between frames of the screen. */
  readonly intervals: readonly number[];
  /** Milliseconds of tasks above 50. */
  readonly longTasks: readonly number[];
};

/** Pans or zooms for some seconds by events that are made in the page: a driver outside would use the same processor. */
export function runGesture(host: HTMLElement, kind: 'pan' | 'zoom', seconds: number): Promise<GestureRun> {
  const box = host.getBoundingClientRect();
  const middle = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
  const longTasks: number[] = [];
  const observer = new PerformanceObserver((list) =>
    longTasks.push(...list.getEntries().map(({ duration }) => duration)),
  );
  observer.observe({ type: 'longtask' });
  const pointer = (type: string, x: number, y: number): void => {
    const init = { pointerId: 77, pointerType: 'mouse', button: 1, buttons: 4, bubbles: true, cancelable: true };
    host.dispatchEvent(new PointerEvent(type, { ...init, clientX: x, clientY: y }));
  };
  const intervals: number[] = [];
  if (kind === 'pan') pointer('pointerdown', middle.clientX, middle.clientY);
  return new Promise((resolve) => {
    const start = performance.now();
    let last = start;
    const step = (): void => {
      const now = performance.now();
      intervals.push(now - last);
      last = now;
      const t = (now - start) / 1000;
      if (t >= seconds) {
        if (kind === 'pan') pointer('pointerup', middle.clientX, middle.clientY);
        observer.disconnect();
        resolve({ kind, intervals: intervals.slice(1), longTasks });
        return;
      }
      if (kind === 'pan')
        pointer('pointermove', middle.clientX + 260 * Math.sin(t * 2.1), middle.clientY + 150 * Math.sin(t * 2.9));
      else
        host.dispatchEvent(
          new WheelEvent('wheel', { ...middle, deltaY: 12 * Math.cos(t * 1.7), bubbles: true, cancelable: true }),
        );
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
}
