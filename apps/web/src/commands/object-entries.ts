// Entries of an object's menu as data, in CVAT's order. Which of them make sense is decided here, how they look is not.
import type { Uid } from '../document/records.ts';
import type { ActionId } from '../keys/index.ts';
import { t } from '../texts/en.ts';
import { kindOf } from '../view/filter.ts';
import type { Clipboard } from './clipboard.ts';
import { type Desk, recordsOf } from './desk.ts';
import { moveToLayer, remove, switchOrientation } from './objects.ts';

export interface ObjectEntry {
  readonly text: string;
  readonly action?: ActionId;
  readonly danger?: true;
  readonly run: () => void;
}

/** What the menu needs beside the desk: things that open something. */
export interface ObjectMenuHost {
  readonly desk: Desk;
  readonly clipboard: Clipboard;
  readonly copyUrl: (uid: Uid) => void;
  readonly pickColor: (uid: Uid) => void;
  readonly edit: (uid: Uid) => void;
  readonly slice: (uid: Uid) => void;
  readonly runAction: (action?: string) => void;
  readonly propagate: () => void;
}

export function objectEntries(host: ObjectMenuHost, uid: Uid): readonly ObjectEntry[] {
  const { desk } = host;
  const [record] = recordsOf(desk, [uid]);
  if (!record) return [];
  const kind = kindOf(record);
  const canChange = desk.readOnly() === undefined;
  const isOutline = kind === 'polygon' || kind === 'polyline';
  const select = () => desk.view.setState({ selection: [uid] });
  const entry = (text: string, run: () => void, action?: ActionId): ObjectEntry => ({
    text,
    run: () => {
      select();
      run();
    },
    ...(action && { action }),
  });
  const copy = () => {
    if (host.clipboard.copy(desk, [uid])) host.clipboard.paste(desk);
  };
  const menu = t.objectMenu;
  return [
    entry(menu.url, () => host.copyUrl(uid)),
    ...(canChange
      ? [
          entry(menu.copy, copy, 'object.copy'),
          ...(record.kind === 'shape' ? [entry(menu.propagate, host.propagate, 'object.propagate')] : []),
          ...(isOutline ? [entry(menu.orientation, () => switchOrientation(desk, uid))] : []),
          ...(kind === 'tag'
            ? []
            : [
                entry(menu.background, () => moveToLayer(desk, [uid], 'background'), 'object.to-background'),
                entry(menu.foreground, () => moveToLayer(desk, [uid], 'foreground'), 'object.to-foreground'),
              ]),
          entry(menu.color, () => host.pickColor(uid), 'object.color'),
          ...(kind === 'mask' ? [entry(menu.edit, () => host.edit(uid))] : []),
          ...(kind === 'polygon' || kind === 'mask' ? [entry(menu.slice, () => host.slice(uid), 'tool.slice')] : []),
          entry(menu.runAction, () => host.runAction(), 'object.run-action'),
          ...(isOutline ? [entry(menu.simplify, () => host.runAction('simplify'), 'object.simplify')] : []),
          { ...entry(menu.remove, () => remove(desk, [uid]), 'object.remove'), danger: true as const },
        ]
      : []),
  ];
}
