import { ContextMenu as RadixContext, DropdownMenu as RadixMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import styles from './controls.module.css';

/** An entry of a menu as a value, so that a button's menu and a context menu show the same. */
export type MenuEntry =
  | { text: string; keys?: string | undefined; icon?: ReactNode; disabled?: boolean; run: () => void }
  | 'separator';

interface MenuProps {
  entries: () => readonly MenuEntry[];
  label: string;
  children: ReactNode;
}

export function Menu({ entries, label, children }: MenuProps) {
  return (
    <RadixMenu.Root modal={false}>
      <RadixMenu.Trigger asChild>{children}</RadixMenu.Trigger>
      <RadixMenu.Portal>
        <RadixMenu.Content className={styles.menu} sideOffset={4} collisionPadding={8} align="start" aria-label={label}>
          <Entries entries={entries} Item={RadixMenu.Item} Separator={RadixMenu.Separator} />
        </RadixMenu.Content>
      </RadixMenu.Portal>
    </RadixMenu.Root>
  );
}

/** The same at a place of the page instead of at a button: what a right click on the canvas opens. */
export function MenuAt({ entries, label, at, onClose }: Omit<MenuProps, 'children'> & MenuPlace) {
  return (
    <RadixMenu.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
      <RadixMenu.Trigger asChild>
        <span style={{ position: 'fixed', left: at.x, top: at.y, width: 1, height: 1 }} />
      </RadixMenu.Trigger>
      <RadixMenu.Portal>
        <RadixMenu.Content className={styles.menu} collisionPadding={8} align="start" aria-label={label}>
          <Entries entries={entries} Item={RadixMenu.Item} Separator={RadixMenu.Separator} />
        </RadixMenu.Content>
      </RadixMenu.Portal>
    </RadixMenu.Root>
  );
}

interface MenuPlace {
  at: { x: number; y: number };
  onClose: () => void;
}

export function ContextMenu({ entries, label, children }: MenuProps) {
  return (
    <RadixContext.Root modal={false}>
      <RadixContext.Trigger asChild>{children}</RadixContext.Trigger>
      <RadixContext.Portal>
        <RadixContext.Content className={styles.menu} collisionPadding={8} aria-label={label}>
          <Entries entries={entries} Item={RadixContext.Item} Separator={RadixContext.Separator} />
        </RadixContext.Content>
      </RadixContext.Portal>
    </RadixContext.Root>
  );
}

interface EntriesProps {
  entries: () => readonly MenuEntry[];
  Item: typeof RadixMenu.Item | typeof RadixContext.Item;
  Separator: typeof RadixMenu.Separator | typeof RadixContext.Separator;
}

/** Built when the menu is open, not before. */
function Entries({ entries, Item, Separator }: EntriesProps) {
  return entries().map((entry, at) =>
    entry === 'separator' ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the entries do not move while the menu is open
      <Separator key={at} className={styles.separator} />
    ) : (
      <Item key={entry.text} className={styles.item} disabled={entry.disabled ?? false} onSelect={entry.run}>
        {entry.icon}
        {entry.text}
        {entry.keys && <kbd className={styles.keys}>{entry.keys}</kbd>}
      </Item>
    ),
  );
}
