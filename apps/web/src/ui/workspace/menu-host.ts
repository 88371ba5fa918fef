import type { ObjectMenuHost } from '../../commands/object-entries.ts';
import { t } from '../../texts/en.ts';
import type { WorkspaceDesk } from './workspace-desk.ts';

/** What the entries of an object's menu open. */
export function createMenuHost(desk: Omit<WorkspaceDesk, 'menuHost' | 'jobActions'>): ObjectMenuHost {
  return {
    desk,
    clipboard: desk.clipboard,
    copyUrl: (uid) => {
      const url = new URL(location.href);
      url.search = '';
      url.searchParams.set('frame', String(desk.view.getState().frame));
      const id = desk.store.identity(uid)?.id;
      if (id !== undefined) url.searchParams.set('object', String(id));
      void navigator.clipboard?.writeText(url.href).then(
        () => desk.notify({ kind: 'ok', text: t.objects.urlCopied }),
        () => desk.notify({ kind: 'info', text: url.href }),
      );
    },
    pickColor: (uid) => desk.view.setState({ picking: uid }),
    edit: (uid) => {
      desk.view.setState({ selection: [uid] });
      desk.canvas.open('mask');
    },
    slice: (uid) => {
      desk.view.setState({ selection: [uid] });
      desk.canvas.open('slice');
    },
    runAction: (action) => desk.view.setState({ dialog: 'run-action', action }),
    propagate: () => desk.view.setState({ dialog: 'run-action', action: 'propagate' }),
  };
}
