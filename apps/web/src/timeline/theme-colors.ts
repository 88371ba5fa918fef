import { useSyncExternalStore } from 'react';
import type { Colors } from './paint.ts';

let known: { theme: string; colors: Colors } | undefined;

/** The tokens of the theme in use, read once per theme. */
export function themeColors(): Colors {
  const theme = document.documentElement.dataset.theme ?? '';
  if (known?.theme === theme) return known.colors;
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const colors: Colors = {
    ground: token('--bg-0'),
    panel: token('--bg-1'),
    line: token('--line'),
    text: token('--text'),
    muted: token('--text-muted'),
    accent: token('--accent-text'),
    warn: token('--warn'),
    danger: token('--danger'),
    ok: token('--ok'),
    selected: token('--accent-soft'),
  };
  known = { theme, colors };
  return colors;
}

/** The theme in use, also when the system changes it: what is painted does not follow by itself. */
export function useTheme(): string {
  return useSyncExternalStore(onTheme, () => document.documentElement.dataset.theme ?? '');
}

function onTheme(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}
