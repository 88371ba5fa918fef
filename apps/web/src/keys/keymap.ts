// Keys of all actions as set now: the defaults with a person's changes over them.
import { ACTION_IDS, type ActionId, actionDefault } from './actions.ts';
import { type Keys, parseKeys, type Stroke } from './stroke.ts';

/** Only what differs from the defaults; what is stored with the person. */
export type KeyChanges = Readonly<Partial<Record<ActionId, readonly Keys[]>>>;

export class Keymap {
  readonly #changes: KeyChanges;
  readonly #parsed = new Map<ActionId, readonly (readonly Stroke[])[]>();

  constructor(changes: KeyChanges = {}) {
    this.#changes = changes;
    for (const id of ACTION_IDS) this.#parsed.set(id, this.keysOf(id).map(parseKeys));
  }

  get changes(): KeyChanges {
    return this.#changes;
  }

  keysOf(id: ActionId): readonly Keys[] {
    return this.#changes[id] ?? actionDefault(id).keys;
  }

  strokesOf(id: ActionId): readonly (readonly Stroke[])[] {
    return this.#parsed.get(id) ?? [];
  }

  /** The map with other keys for one action; the defaults again when `keys` is undefined. */
  with(id: ActionId, keys: readonly Keys[] | undefined): Keymap {
    const { [id]: _before, ...rest } = this.#changes;
    const same = keys === undefined || keys.join(' | ') === actionDefault(id).keys.join(' | ');
    return new Keymap(same ? rest : { ...rest, [id]: keys });
  }
}

/** Stored changes as they come from outside: unknown actions and unreadable keys are left out. */
export function readKeyChanges(stored: unknown): KeyChanges {
  if (typeof stored !== 'object' || stored === null) return {};
  const changes: Partial<Record<ActionId, readonly Keys[]>> = {};
  for (const id of ACTION_IDS) {
    const keys: unknown = (stored as Record<string, unknown>)[id];
    if (Array.isArray(keys) && keys.every((one) => typeof one === 'string' && isReadable(one))) changes[id] = keys;
  }
  return changes;
}

function isReadable(keys: string): boolean {
  try {
    parseKeys(keys);
    return true;
  } catch {
    return false;
  }
}
