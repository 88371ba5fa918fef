import { createContext, useCallback, useContext, useRef, useSyncExternalStore } from 'react';
import { useStore } from 'zustand';
import type { StoreState } from '../../document/store.ts';
import { type ActionId, showKeys } from '../../keys/index.ts';
import type { Settings } from '../../view/settings.ts';
import type { ViewState } from '../../view/view.ts';
import type { WorkspaceDesk } from './workspace-desk.ts';

const DeskContext = createContext<WorkspaceDesk | undefined>(undefined);
export const DeskProvider = DeskContext.Provider;

export function useDesk(): WorkspaceDesk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error('A part of the workspace stands outside of it.');
  return desk;
}

export function useView<T>(selector: (state: ViewState) => T): T {
  return useStore(useDesk().view, selector);
}

export function useSettings<T>(selector: (state: Settings) => T): T {
  return useStore(useDesk().settings, selector);
}

/** A value of the document; the selector must give the same value while nothing that it reads has changed. */
export function useDocument<T>(selector: (state: StoreState) => T): T {
  const { store } = useDesk();
  const latest = useRef(selector);
  latest.current = selector;
  const subscribe = useCallback((notify: () => void) => store.subscribe(notify), [store]);
  return useSyncExternalStore(subscribe, () => latest.current(store.state));
}

/** Keys of an action as they are set now, for tooltips and menus. */
export function useKeysText(): (id: ActionId) => string | undefined {
  const { keys, isMac, caps } = useDesk();
  useSettings((settings) => settings.keys);
  return (id) => {
    const [first] = keys.keymap.keysOf(id);
    return first === undefined ? undefined : showKeys(first, { mac: isMac, ...(caps && { caps }) });
  };
}
