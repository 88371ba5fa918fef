// Which scopes are open together, and which keys of two actions therefore collide.
import { ACTION_IDS, type ActionId, actionDefault, type Scope } from './actions.ts';
import type { Keymap } from './keymap.ts';
import { parseKeys } from './stroke.ts';

/** From the ground up: the last one that binds the keys wins. */
export const LAYERS: readonly Scope[] = ['app', 'page', 'canvas', 'object', 'tool', 'dialog'];

/**
 * Scopes that hide the keys of those below on purpose: an open figure takes N and Ctrl+Z, a dialog takes everything.
 * All others are open at the same time and must not share keys.
 */
const SHADOWS: ReadonlySet<Scope> = new Set<Scope>(['tool', 'dialog']);

function openTogether(a: Scope, b: Scope): boolean {
  return a === b || (!SHADOWS.has(a) && !SHADOWS.has(b));
}

export interface Conflict {
  action: ActionId;
  keys: string;
}

/** The first other action whose keys would be the same, or would begin a two-key chord of the same, while both count. */
export function conflictOf(map: Keymap, action: ActionId, keys: string): Conflict | undefined {
  const mine = parseKeys(keys);
  for (const other of ACTION_IDS) {
    if (other === action || !openTogether(actionDefault(action).scope, actionDefault(other).scope)) continue;
    for (const theirs of map.keysOf(other)) {
      const strokes = parseKeys(theirs);
      const shared = Math.min(mine.length, strokes.length);
      if (mine.slice(0, shared).every((stroke, at) => stroke === strokes[at])) return { action: other, keys: theirs };
    }
  }
  return undefined;
}
