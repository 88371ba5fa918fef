// Decides which action a key press starts. Knows no DOM: listen.ts feeds it, so that it runs in tests as it is.
import { type ActionId, actionDefault, type Scope } from './actions.ts';
import { Keymap } from './keymap.ts';
import { LAYERS } from './scopes.ts';
import { type KeyPress, type Stroke, strokeOf } from './stroke.ts';

/** What has the focus: text takes almost everything, a button its own Space and Enter. */
export type Focus = 'text' | 'control' | 'canvas' | 'page';

export interface Press extends KeyPress {
  repeat: boolean;
  focus: Focus;
}

/** Returns false when there is nothing to do, so that the press belongs to the next scope or to the browser. */
export type Handler = (press: Press) => unknown;
export type Handlers = Partial<Record<ActionId, Handler>>;

/** A chord must be finished in this time. */
export const CHORD_MS = 1_500;

const IN_TEXT: ReadonlySet<string> = new Set(['F1', 'Ctrl+S', 'Ctrl+Enter', 'Esc', 'F6', 'Shift+F6']);
const OF_CONTROLS: ReadonlySet<string> = new Set(['Space', 'Enter', 'Left', 'Right', 'Up', 'Down', 'Home', 'End']);

export interface EngineOptions {
  keymap?: Keymap;
  mac?: boolean;
  now?: () => number;
  /** The first half of a chord was pressed, or (undefined) the chord is over. */
  onChord?: (first: Stroke | undefined) => void;
}

interface Binding {
  handlers: Handlers;
  /** Nothing below this one sees any key, but for those of the scope 'app'. */
  modal: boolean;
}

export class KeyEngine {
  keymap: Keymap;
  readonly #mac: boolean;
  readonly #now: () => number;
  readonly #onChord: (first: Stroke | undefined) => void;
  readonly #bindings: Binding[] = [];
  #chord: { first: Stroke; until: number } | undefined;

  constructor(options: EngineOptions = {}) {
    this.keymap = options.keymap ?? new Keymap();
    this.#mac = options.mac ?? false;
    this.#now = options.now ?? (() => Date.now());
    this.#onChord = options.onChord ?? (() => {});
  }

  /** Adds handlers until the returned function is called. Of one scope, those added last are asked first. */
  bind(handlers: Handlers, options: { modal?: boolean } = {}): () => void {
    const binding: Binding = { handlers, modal: options.modal ?? false };
    this.#bindings.push(binding);
    return () => {
      const at = this.#bindings.indexOf(binding);
      if (at >= 0) this.#bindings.splice(at, 1);
    };
  }

  /** Starts the action that the press means. True when it was taken: the browser must not act on it too. */
  press(press: Press): boolean {
    const stroke = strokeOf(press, this.#mac);
    if (stroke === undefined || !mayTake(stroke, press.focus)) return false;
    const chord = this.#takeChord();
    if (chord !== undefined && !press.repeat && this.#run([chord, stroke], press)) return true;
    if (this.#run([stroke], press)) return true;
    if (press.repeat || !this.#beginsChord(stroke)) return false;
    this.#chord = { first: stroke, until: this.#now() + CHORD_MS };
    this.#onChord(stroke);
    return true;
  }

  #takeChord(): Stroke | undefined {
    const chord = this.#chord;
    this.#chord = undefined;
    if (chord) this.#onChord(undefined);
    return chord && this.#now() <= chord.until ? chord.first : undefined;
  }

  #run(strokes: readonly Stroke[], press: Press): boolean {
    for (const [id, handler] of this.#open()) {
      if (press.repeat && !actionDefault(id).repeats) {
        if (this.#means(id, strokes)) return true;
        continue;
      }
      if (this.#means(id, strokes) && handler(press) !== false) return true;
    }
    return false;
  }

  #means(id: ActionId, strokes: readonly Stroke[]): boolean {
    return this.keymap
      .strokesOf(id)
      .some((keys) => keys.length === strokes.length && keys.every((stroke, at) => stroke === strokes[at]));
  }

  #beginsChord(stroke: Stroke): boolean {
    for (const [id] of this.#open()) {
      if (this.keymap.strokesOf(id).some((keys) => keys.length === 2 && keys[0] === stroke)) return true;
    }
    return false;
  }

  /** Actions that somebody handles now, from the top scope down. */
  *#open(): Generator<[ActionId, Handler]> {
    const modal = this.#bindings.findLastIndex((binding) => binding.modal);
    for (const scope of [...LAYERS].reverse()) {
      for (let at = this.#bindings.length - 1; at >= 0; at--) {
        if (at < modal && !isOfApp(scope)) continue;
        for (const [id, handler] of Object.entries(this.#bindings[at]!.handlers) as [ActionId, Handler][]) {
          if (actionDefault(id).scope === scope) yield [id, handler];
        }
      }
    }
  }
}

function isOfApp(scope: Scope): boolean {
  return scope === 'app';
}

function mayTake(stroke: Stroke, focus: Focus): boolean {
  if (focus === 'text') return IN_TEXT.has(stroke);
  if (focus === 'control') return !OF_CONTROLS.has(stroke) && stroke !== 'Tab';
  // Tab moves the focus as everywhere, unless the canvas has it and a tool asks for the key.
  return focus === 'canvas' || stroke !== 'Tab';
}
