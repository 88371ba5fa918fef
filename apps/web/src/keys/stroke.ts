// One key press with its modifiers, and the rule that says which binding it meets.
//
// Letters count as printed (AZERTY and QWERTZ people press what they read); where the letter is not Latin, and for digits
// and punctuation, the position of the key counts. See the table of tried layouts in stroke.test.ts.

/** A press in canonical text: modifiers in the order Ctrl, Alt, Shift, then the key: "Ctrl+Shift+Z", "Alt+[", "F1". */
export type Stroke = string & { readonly __brand: 'stroke' };

/** One press, or two in a row ("T L"). */
export type Keys = string;

/** What the rule needs of a keyboard event. */
export interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  metaKey: boolean;
}

const PUNCTUATION: Record<string, string> = {
  Backquote: '`',
  Minus: '-',
  Equal: '=',
  BracketLeft: '[',
  BracketRight: ']',
  Backslash: '\\',
  Semicolon: ';',
  Quote: "'",
  Comma: ',',
  Period: '.',
  Slash: '/',
  NumpadAdd: '=',
  NumpadSubtract: '-',
  NumpadDivide: '/',
  NumpadEnter: 'Enter',
};

const NAMED: Record<string, string> = {
  Escape: 'Esc',
  Delete: 'Del',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  ' ': 'Space',
};

const KEPT = new Set(['Enter', 'Tab', 'Backspace', 'Home', 'End', 'PageUp', 'PageDown', 'Insert']);
const MODIFIERS = new Set(['Control', 'Shift', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Fn', 'OS']);

/** Name of the key that was pressed, without modifiers; undefined for a modifier alone or a key that nothing binds. */
export function keyName(press: Pick<KeyPress, 'key' | 'code'>): string | undefined {
  const { key, code } = press;
  if (MODIFIERS.has(key)) return undefined;
  if (/^[a-z]$/i.test(key)) return key.toUpperCase();
  const letter = /^Key([A-Z])$/.exec(code);
  if (letter) return letter[1];
  const digit = /^Digit(\d)$/.exec(code) ?? (/^\d$/.test(key) ? /^Numpad(\d)$/.exec(code) : null);
  if (digit) return digit[1];
  if (PUNCTUATION[code] !== undefined) return PUNCTUATION[code];
  if (NAMED[key] !== undefined) return NAMED[key];
  if (KEPT.has(key) || /^F\d{1,2}$/.test(key)) return key;
  return undefined;
}

/** The stroke of a press. On macOS Cmd is what Ctrl is elsewhere, as every binding is written with Ctrl. */
export function strokeOf(press: KeyPress, mac = false): Stroke | undefined {
  const name = keyName(press);
  if (name === undefined) return undefined;
  const control = mac ? press.metaKey : press.ctrlKey;
  if (mac ? press.ctrlKey : press.metaKey) return undefined;
  return join(control, press.altKey, press.shiftKey, name);
}

function join(control: boolean, alt: boolean, shift: boolean, name: string): Stroke {
  return `${control ? 'Ctrl+' : ''}${alt ? 'Alt+' : ''}${shift ? 'Shift+' : ''}${name}` as Stroke;
}

/** Reads a binding as people write it ("shift+ctrl+z", "T L") into its strokes. Throws a RangeError that names what is wrong. */
export function parseKeys(text: Keys): readonly Stroke[] {
  const strokes = text.trim().split(/\s+/).map(parseStroke);
  if (strokes.length > 2) throw new RangeError(`"${text}" has ${strokes.length} presses; 2 at most.`);
  return strokes;
}

function parseStroke(text: string): Stroke {
  const parts = text.split('+');
  const name = parts.pop() ?? '';
  const has = { ctrl: false, alt: false, shift: false };
  for (const part of parts) {
    const modifier = part.toLowerCase();
    if (!(modifier in has)) throw new RangeError(`"${text}": "${part}" is not one of Ctrl, Alt, Shift.`);
    has[modifier as keyof typeof has] = true;
  }
  const key = /^[a-z]$/.test(name) ? name.toUpperCase() : name;
  if (!isKeyName(key)) throw new RangeError(`"${text}": "${name}" is not the name of a key.`);
  return join(has.ctrl, has.alt, has.shift, key);
}

const NAMES = new Set([...Object.values(PUNCTUATION), ...Object.values(NAMED), ...KEPT]);

function isKeyName(name: string): boolean {
  return /^[A-Z0-9]$/.test(name) || /^F\d{1,2}$/.test(name) || NAMES.has(name);
}
