import { expect, test } from 'vitest';
import { ACTION_IDS, type ActionId } from './actions.ts';
import { showKeys } from './caps.ts';
import { CHORD_MS, type Focus, type Handlers, KeyEngine, type Press } from './engine.ts';
import { Keymap, readKeyChanges } from './keymap.ts';
import { conflictOf } from './scopes.ts';
import { parseKeys } from './stroke.ts';

const CODES: Record<string, [string, string]> = {
  Enter: ['Enter', 'Enter'],
  Esc: ['Escape', 'Escape'],
  Space: [' ', 'Space'],
  Tab: ['Tab', 'Tab'],
  Del: ['Delete', 'Delete'],
  Backspace: ['Backspace', 'Backspace'],
  F1: ['F1', 'F1'],
};

function press(text: string, options: { focus?: Focus; repeat?: boolean } = {}): Press {
  const stroke = parseKeys(text)[0]!.split('+');
  const name = stroke.pop()!;
  const [key, code] = CODES[name] ?? [name.toLowerCase(), /\d/.test(name) ? `Digit${name}` : `Key${name}`];
  return {
    key,
    code,
    ctrlKey: stroke.includes('Ctrl'),
    altKey: stroke.includes('Alt'),
    shiftKey: stroke.includes('Shift'),
    metaKey: false,
    repeat: options.repeat ?? false,
    focus: options.focus ?? 'page',
  };
}

function recorder(...ids: ActionId[]): { handlers: Handlers; ran: ActionId[] } {
  const ran: ActionId[] = [];
  const handlers: Handlers = {};
  for (const id of ids) handlers[id] = () => void ran.push(id);
  return { handlers, ran };
}

test('the top scope that binds the keys wins, and gives them back when it closes', () => {
  const engine = new KeyEngine();
  const { handlers, ran } = recorder('tool.repeat', 'job.undo');
  engine.bind(handlers);
  const drawing = recorder('draw.finish', 'draw.undo');
  const close = engine.bind(drawing.handlers);
  expect(engine.press(press('N'))).toBe(true);
  expect(engine.press(press('Ctrl+Z'))).toBe(true);
  expect(drawing.ran).toEqual(['draw.finish', 'draw.undo']);
  expect(ran).toEqual([]);
  close();
  engine.press(press('N'));
  expect(ran).toEqual(['tool.repeat']);
});

test('a handler that has nothing to do lets the press fall through', () => {
  const engine = new KeyEngine();
  const { handlers, ran } = recorder('job.undo');
  engine.bind(handlers);
  engine.bind({ 'draw.undo': () => false });
  engine.press(press('Ctrl+Z'));
  expect(ran).toEqual(['job.undo']);
});

test('a dialog hides the page, but not the keys of the app', () => {
  const engine = new KeyEngine();
  const { handlers, ran } = recorder('frame.next', 'app.shortcuts');
  engine.bind(handlers);
  engine.bind({}, { modal: true });
  expect(engine.press(press('F'))).toBe(false);
  expect(engine.press(press('F1'))).toBe(true);
  expect(ran).toEqual(['app.shortcuts']);
});

test('text fields keep their keys but F1, Ctrl+S and Esc', () => {
  const engine = new KeyEngine();
  const { handlers, ran } = recorder('frame.next', 'object.remove', 'job.save', 'app.shortcuts', 'tool.cancel');
  engine.bind(handlers);
  for (const keys of ['F', 'Del', 'Ctrl+S', 'F1', 'Esc']) engine.press(press(keys, { focus: 'text' }));
  expect(ran).toEqual(['job.save', 'app.shortcuts', 'tool.cancel']);
});

test('Space and Enter belong to a focused button first, letters do not', () => {
  const engine = new KeyEngine();
  const { handlers, ran } = recorder('play.toggle', 'frame.next');
  engine.bind(handlers);
  expect(engine.press(press('Space', { focus: 'control' }))).toBe(false);
  engine.press(press('F', { focus: 'control' }));
  engine.press(press('Space'));
  expect(ran).toEqual(['frame.next', 'play.toggle']);
});

test('Tab is taken only on the canvas and only while something binds it', () => {
  const engine = new KeyEngine();
  expect(engine.press(press('Tab', { focus: 'canvas' }))).toBe(false);
  const { handlers, ran } = recorder('tool.block');
  engine.bind(handlers);
  expect(engine.press(press('Tab'))).toBe(false);
  expect(engine.press(press('Tab', { focus: 'canvas' }))).toBe(true);
  expect(ran).toEqual(['tool.block']);
});

test('a held key repeats stepping and nothing else', () => {
  const engine = new KeyEngine();
  const { handlers, ran } = recorder('frame.next', 'object.hide');
  engine.bind(handlers);
  engine.press(press('F', { repeat: true }));
  expect(engine.press(press('H', { repeat: true }))).toBe(true);
  expect(ran).toEqual(['frame.next']);
});

test('a chord has its time, and its first key means nothing alone', () => {
  let time = 0;
  const hints: unknown[] = [];
  const engine = new KeyEngine({ now: () => time, onChord: (first) => hints.push(first) });
  const { handlers, ran } = recorder('object.lock', 'object.lock-all');
  engine.bind(handlers);
  engine.press(press('T'));
  engine.press(press('L'));
  expect(ran).toEqual(['object.lock-all']);
  engine.press(press('T'));
  time += CHORD_MS + 1;
  engine.press(press('L'));
  expect(ran).toEqual(['object.lock-all', 'object.lock']);
  expect(hints).toEqual(['T', undefined, 'T', undefined]);
});

test('other keys count after they were changed, the old ones no longer', () => {
  const engine = new KeyEngine({ keymap: new Keymap().with('frame.next', ['Shift+B']) });
  const { handlers, ran } = recorder('frame.next');
  engine.bind(handlers);
  expect(engine.press(press('F'))).toBe(false);
  engine.press(press('Shift+B'));
  expect(ran).toEqual(['frame.next']);
});

test('the defaults do not collide with each other', () => {
  const map = new Keymap();
  const found = ACTION_IDS.flatMap((id) =>
    map.keysOf(id).flatMap((keys) => {
      const conflict = conflictOf(map, id, keys);
      return conflict ? [`${id} ${keys} = ${conflict.action}`] : [];
    }),
  );
  expect(found).toEqual([]);
});

test('a collision is named, also with the first key of a chord', () => {
  const map = new Keymap();
  expect(conflictOf(map, 'frame.next', 'D')).toEqual({ action: 'frame.previous', keys: 'D' });
  expect(conflictOf(map, 'frame.next', 'T')?.action).toBe('object.lock-all');
  expect(conflictOf(map, 'draw.finish', 'Ctrl+S')).toBeUndefined();
});

test('changes survive storing; what is unknown or unreadable is left out', () => {
  const map = new Keymap().with('frame.next', ['Shift+B']).with('job.save', ['Ctrl+S']);
  expect(map.changes).toEqual({ 'frame.next': ['Shift+B'] });
  const stored: unknown = JSON.parse(JSON.stringify({ ...map.changes, nothing: ['A'], 'job.undo': ['Foo'] }));
  expect(readKeyChanges(stored)).toEqual({ 'frame.next': ['Shift+B'] });
  expect(map.with('frame.next', undefined).changes).toEqual({});
});

test('keys are shown as on the keyboard in use', () => {
  expect(showKeys('Ctrl+Shift+Z')).toBe('Ctrl+Shift+Z');
  expect(showKeys('Ctrl+Shift+Z', { mac: true })).toBe('⌘⇧Z');
  expect(showKeys('T L')).toBe('T then L');
  expect(showKeys('`', { caps: new Map([['Backquote', '^']]) })).toBe('^');
});
