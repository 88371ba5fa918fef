// How keys are written on screen: ⌘ on macOS, and the caps of the person's own layout where the browser tells them.
import { type Keys, parseKeys, type Stroke } from './stroke.ts';

/** Caps by code ("Backquote" → "^" on a German keyboard). */
export type Caps = ReadonlyMap<string, string>;

const CODE_OF: Record<string, string> = {
  '`': 'Backquote',
  '-': 'Minus',
  '=': 'Equal',
  '[': 'BracketLeft',
  ']': 'BracketRight',
  '\\': 'Backslash',
  ';': 'Semicolon',
  "'": 'Quote',
  ',': 'Comma',
  '.': 'Period',
  '/': 'Slash',
};

const ARROWS: Record<string, string> = { Left: '←', Right: '→', Up: '↑', Down: '↓' };

/** "Ctrl+Shift+Z" as its caps, "⌘⇧Z" on macOS; presses of a chord are joined by "then". */
export function showKeys(keys: Keys, options: { mac?: boolean; caps?: Caps } = {}): string {
  return parseKeys(keys)
    .map((stroke) => showStroke(stroke, options))
    .join(' then ');
}

function showStroke(stroke: Stroke, { mac = false, caps }: { mac?: boolean; caps?: Caps }): string {
  const parts = stroke.split('+');
  const name = parts.pop() || '+';
  const code = CODE_OF[name];
  const cap = (code && caps?.get(code)?.toUpperCase()) ?? ARROWS[name] ?? name;
  if (!mac) return [...parts, cap].join('+');
  const signs: Record<string, string> = { Ctrl: '⌘', Alt: '⌥', Shift: '⇧' };
  return parts.map((part) => signs[part] ?? part).join('') + cap;
}

interface LayoutKeyboard {
  getLayoutMap(): Promise<Caps>;
}

/** Caps of the keyboard in use; undefined where the browser does not tell them (then the US caps are shown). */
export async function readCaps(): Promise<Caps | undefined> {
  const keyboard = (navigator as Navigator & { keyboard?: LayoutKeyboard }).keyboard;
  return keyboard?.getLayoutMap().catch(() => undefined);
}
