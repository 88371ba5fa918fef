import type { SettingsStore } from './settings.ts';

/** Keeps the theme of the page as it is set, or as the system has it, until the returned function is called. */
export function followTheme(settings: SettingsStore): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const apply = (): void => {
    const { theme } = settings.getState();
    const isDark = theme === 'dark' || (theme === 'system' && dark.matches);
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  };
  apply();
  dark.addEventListener('change', apply);
  const off = settings.subscribe((now, before) => now.theme !== before.theme && apply());
  return () => {
    dark.removeEventListener('change', apply);
    off();
  };
}
