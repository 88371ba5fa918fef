import { expect, test } from 'vitest';
import { createSettings, DEFAULTS, withStored } from './settings.ts';

test('what was set is there again, and the theme is where the page reads it before it paints', () => {
  const values = new Map<string, string>();
  const storage = {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
  };
  createSettings(storage).setState({ theme: 'dark', step: 25, keys: { 'frame.next': ['Shift+B'] }, runDistance: -30 });
  const again = createSettings(storage).getState();
  expect(again).toMatchObject({ theme: 'dark', step: 25, keys: { 'frame.next': ['Shift+B'] }, runDistance: -30 });
  expect(values.get('roto-theme')).toBe('dark');
});

test('broken or foreign values fall back to the defaults', () => {
  expect(withStored('x')).toEqual(DEFAULTS);
  expect(withStored({ step: 'ten', appearance: { opacity: 0.7, text: 5 }, unknown: 1, keys: 3 })).toEqual({
    ...DEFAULTS,
    appearance: { ...DEFAULTS.appearance, opacity: 0.7 },
  });
});

test('blocked storage does not stop the page', () => {
  const store = createSettings({
    getItem: () => {
      throw new Error('blocked');
    },
    setItem: () => {
      throw new Error('blocked');
    },
  });
  store.setState({ step: 5 });
  expect(store.getState().step).toBe(5);
});
