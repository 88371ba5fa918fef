import { useCallback } from 'react';
import { objectEntries } from '../../commands/object-entries.ts';
import type { Uid } from '../../document/records.ts';
import type { MenuEntry } from '../controls/menu.tsx';
import { useDesk, useKeysText } from '../workspace/use-desk.ts';

/** Entries of an object's menu with the keys as they are set now; made when the menu opens. */
export function useObjectMenu(uid: Uid): () => readonly MenuEntry[] {
  const desk = useDesk();
  const keysText = useKeysText();
  return useCallback(
    () =>
      objectEntries(desk.menuHost, uid).flatMap(({ text, action, danger, run }): MenuEntry[] => [
        ...(danger ? (['separator'] as const) : []),
        { text, run, keys: action && keysText(action) },
      ]),
    [desk, keysText, uid],
  );
}
