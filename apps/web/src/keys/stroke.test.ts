import { expect, test } from 'vitest';
import { type KeyPress, parseKeys, strokeOf } from './stroke.ts';

function press(key: string, code: string, modifiers = ''): KeyPress {
  return {
    key,
    code,
    ctrlKey: modifiers.includes('c'),
    altKey: modifiers.includes('a'),
    shiftKey: modifiers.includes('s'),
    metaKey: modifiers.includes('m'),
  };
}

test.each([
  ['US', press('n', 'KeyN'), 'N'],
  ['Russian, the letter is not Latin', press('т', 'KeyN'), 'N'],
  ['Greek, the letter is not Latin', press('ν', 'KeyN'), 'N'],
  ['AZERTY, the printed letter counts', press('a', 'KeyQ'), 'A'],
  ['AZERTY, a letter at a place of punctuation', press('m', 'Semicolon'), 'M'],
  ['QWERTZ', press('z', 'KeyY', 'c'), 'Ctrl+Z'],
  ['US, a digit with Shift', press('!', 'Digit1', 's'), 'Shift+1'],
  ['French, a digit with Shift', press('1', 'Digit1', 's'), 'Shift+1'],
  ['French, the plain digit', press('&', 'Digit1'), '1'],
  ['German, a dead key', press('Dead', 'Backquote'), '`'],
  ['French, a dead key', press('Dead', 'BracketLeft'), '['],
  ['macOS, Alt changes the letter', press('µ', 'KeyM', 'a'), 'Alt+M'],
  ['digits of the number pad', press('5', 'Numpad5', 'c'), 'Ctrl+5'],
  ['number pad without Num Lock', press('End', 'Numpad1'), 'End'],
  ['Cyrillic with Ctrl and Shift', press('Я', 'KeyZ', 'cs'), 'Ctrl+Shift+Z'],
  ['Escape', press('Escape', 'Escape'), 'Esc'],
  ['space', press(' ', 'Space'), 'Space'],
  ['F1', press('F1', 'F1'), 'F1'],
])('%s', (_name, event, stroke) => {
  expect(strokeOf(event)).toBe(stroke);
});

test('a modifier alone, and the system key, are no stroke', () => {
  expect(strokeOf(press('Shift', 'ShiftLeft', 's'))).toBeUndefined();
  expect(strokeOf(press('s', 'KeyS', 'm'))).toBeUndefined();
});

test('on macOS Cmd stands for Ctrl, and Ctrl alone for nothing', () => {
  expect(strokeOf(press('s', 'KeyS', 'm'), true)).toBe('Ctrl+S');
  expect(strokeOf(press('s', 'KeyS', 'c'), true)).toBeUndefined();
});

test('bindings are read in any order and case', () => {
  expect(parseKeys('shift+ctrl+z')).toEqual(['Ctrl+Shift+Z']);
  expect(parseKeys('T L')).toEqual(['T', 'L']);
});

test.each([
  ['Hyper+A', '"Hyper+A": "Hyper" is not one of Ctrl, Alt, Shift.'],
  ['Ctrl+Foo', '"Ctrl+Foo": "Foo" is not the name of a key.'],
  ['A B C', '"A B C" has 3 presses; 2 at most.'],
])('%s is refused', (text, message) => {
  expect(() => parseKeys(text)).toThrow(message);
});
