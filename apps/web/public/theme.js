// Runs before the first paint, so that a dark page does not flash white. The page changes the same key in its settings.
(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    let theme = 'system';
    try {
      theme = localStorage.getItem('roto-theme') ?? 'system';
    } catch {
      // Storage is blocked: the system's theme is right.
    }
    const isDark = theme === 'dark' || (theme !== 'light' && dark.matches);
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  };
  apply();
  dark.addEventListener('change', apply);
})();
