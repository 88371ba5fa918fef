// Connects the canvas to the rest of the page.
import { mountCanvas as mount } from '../../canvas/mount.ts';
import type { SavedView, ViewMemory } from '../../canvas/view-camera.ts';
import type { Uid } from '../../document/records.ts';
import { Interactor } from '../../tracking/interactor.ts';
import type { WorkspaceDesk } from './workspace-desk.ts';

export interface CanvasMenu {
  readonly uid: Uid | undefined;
  readonly others: readonly Uid[];
  readonly at: { readonly x: number; readonly y: number };
}

/** Draws the frame and its objects into the host until the returned function is called. */
export function mountCanvas(host: HTMLElement, desk: WorkspaceDesk, openMenu: (menu: CanvasMenu) => void): () => void {
  const interactor = new Interactor(desk.job.taskId, desk.size);
  void interactor.wants().then(
    (wants) =>
      desk.view.setState(({ options }) => ({
        options: { ...options, interactor: { ...options.interactor, ...wants } },
      })),
    // A list that cannot be read is read again at the first click, which says why.
    () => {},
  );
  const canvas = mount(host, {
    desk,
    openMenu: (uid, others, at) => openMenu({ uid, others, at }),
    interact: (query, frame, signal) => interactor.ask(query, frame, signal),
    memory: viewMemory(desk.job.id),
  });
  const disconnect = desk.canvas.connect(canvas);
  return () => {
    disconnect();
    canvas.remove();
  };
}

/** Zoom and place of a job, as long as the tab is open. */
function viewMemory(job: number): ViewMemory {
  const key = `roto-view-${job}`;
  return {
    read() {
      try {
        const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null');
        return stored === null ? undefined : (stored as SavedView);
      } catch {
        return undefined;
      }
    },
    write(view) {
      try {
        if (view) sessionStorage.setItem(key, JSON.stringify(view));
        else sessionStorage.removeItem(key);
      } catch {
        // Storage is blocked: the frame is shown whole after a reload.
      }
    },
  };
}
