// Messages that come and go. An error stays until it is dismissed; it is never the only place where it stands.
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Notice } from '../../commands/desk.ts';

export interface Toast extends Notice {
  readonly id: number;
}

const SHOWN_MS = 6_000;
const WITH_ACTIONS_MS = 12_000;
const AT_ONCE = 4;

export class Toasts {
  readonly store: StoreApi<{ readonly list: readonly Toast[] }> = createStore(() => ({ list: [] as readonly Toast[] }));
  #next = 1;

  notify = (notice: Notice): void => {
    const id = this.#next++;
    const others = this.store.getState().list.filter(({ text }) => text !== notice.text);
    this.store.setState({ list: [...others, { ...notice, id }].slice(-AT_ONCE) });
    if (notice.kind === 'error') return;
    setTimeout(() => this.dismiss(id), notice.actions?.length ? WITH_ACTIONS_MS : SHOWN_MS);
  };

  dismiss = (id: number): void => {
    this.store.setState(({ list }) => ({ list: list.filter((toast) => toast.id !== id) }));
  };
}
