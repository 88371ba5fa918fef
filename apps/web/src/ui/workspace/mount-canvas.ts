// Connects the canvas to the rest of the page.
import { mountCanvas as mount } from '../../canvas/mount.ts';
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
  });
  const disconnect = desk.canvas.connect(canvas);
  return () => {
    disconnect();
    canvas.remove();
  };
}
