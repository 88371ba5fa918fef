/** F6 goes round the regions of the page, Shift+F6 the other way. */
const ORDER = ['top-bar', 'tools', 'canvas', 'sidebar', 'runs', 'player', 'timeline'];

export function moveRegion(by: 1 | -1): void {
  const regions = ORDER.flatMap((name) => [...document.querySelectorAll<HTMLElement>(`[data-region="${name}"]`)]);
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  const next = regions[(at + by + regions.length) % regions.length] ?? regions[0];
  const inside = next?.matches('[data-canvas-host]')
    ? next
    : next?.querySelector<HTMLElement>('button:not(:disabled), input, [tabindex="0"]');
  (inside ?? next)?.focus();
}
