import { objectEntries } from '../../commands/object-entries.ts';
import { t } from '../../texts/en.ts';
import { objectName } from '../../view/labels.ts';
import { MenuAt, type MenuEntry } from '../controls/menu.tsx';
import type { CanvasMenu as Place } from './mount-canvas.ts';
import { useDesk, useKeysText } from './use-desk.ts';

/** What a right click on the canvas opens: the menu of the object there, and the others below it. */
export function CanvasMenu({ menu: { uid, others, at }, onClose }: { menu: Place; onClose: () => void }) {
  const desk = useDesk();
  const keysText = useKeysText();
  const record = uid && desk.store.state.document.objects.get(uid);
  const entries = (): readonly MenuEntry[] => [
    ...(uid === undefined
      ? []
      : objectEntries(desk.menuHost, uid).flatMap(({ text, action, danger, run }): MenuEntry[] => [
          ...(danger ? (['separator'] as const) : []),
          { text, run, keys: action && keysText(action) },
        ])),
    ...(others.length > 0 ? (['separator'] as const) : []),
    ...others.flatMap((other): MenuEntry[] => {
      const below = desk.store.state.document.objects.get(other);
      if (!below) return [];
      const name = objectName(desk.labels, desk.numbers, below);
      return [{ text: t.objectMenu.alsoHere(name), run: () => desk.view.setState({ selection: [other] }) }];
    }),
    ...(uid === undefined
      ? [
          { text: t.objects.paste, keys: keysText('object.paste'), run: () => desk.clipboard.paste(desk) },
          { text: t.tools.fit, keys: keysText('view.fit'), run: () => desk.canvas.fit() },
        ]
      : []),
  ];
  const name = record ? objectName(desk.labels, desk.numbers, record) : t.canvas.name;
  return <MenuAt entries={entries} label={t.objects.menu(name)} at={at} onClose={onClose} />;
}
