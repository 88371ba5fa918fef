import { connectedComponents, createMask, type Mask } from '@roto/geometry';

/** Without parts of fewer than `pixels` pixels; a part is joined by its sides and corners. */
export function withoutSpecks(mask: Mask, pixels: number): Mask {
  return withComponents(mask, 8, (area) => area >= pixels);
}

/** With every hole of fewer than `pixels` pixels filled; a hole does not reach the border of the frame. */
export function withHolesFilled(mask: Mask, pixels: number): Mask {
  const { labels, components } = holesOf(mask);
  const filled = new Set(components.filter(({ area, open }) => !open && area < pixels).map(({ label }) => label));
  if (filled.size === 0) return mask;
  return createMask(
    mask.width,
    mask.height,
    mask.data.map((value, i) => (value === 1 || filled.has(labels[i]!) ? 1 : 0)),
  );
}

/** With the hole at a pixel filled; the same mask when the pixel is set, or in no hole. */
export function withHoleFilledAt(mask: Mask, x: number, y: number): Mask {
  if (x < 0 || y < 0 || x >= mask.width || y >= mask.height) return mask;
  const { labels, components } = holesOf(mask);
  const label = labels[y * mask.width + x]!;
  const hole = components.find((component) => component.label === label);
  if (!hole || hole.open) return mask;
  return createMask(
    mask.width,
    mask.height,
    mask.data.map((value, i) => (value === 1 || labels[i] === label ? 1 : 0)),
  );
}

type Hole = { readonly label: number; readonly area: number; readonly open: boolean };

function holesOf(mask: Mask): { labels: ArrayLike<number>; components: readonly Hole[] } {
  const { width, height } = mask;
  const inverse = createMask(
    width,
    height,
    mask.data.map((value) => value ^ 1),
  );
  const { labels, components } = connectedComponents(inverse, 4);
  const holes = components.map(({ label, area, bounds }) => ({
    label,
    area,
    open: bounds.x0 === 0 || bounds.y0 === 0 || bounds.x1 === width || bounds.y1 === height,
  }));
  return { labels, components: holes };
}

function withComponents(mask: Mask, connectivity: 4 | 8, keep: (area: number) => boolean): Mask {
  const { labels, components } = connectedComponents(mask, connectivity);
  const kept = components.map(({ area }) => keep(area));
  if (kept.every(Boolean)) return mask;
  return createMask(
    mask.width,
    mask.height,
    mask.data.map((_, i) => (labels[i]! > 0 && kept[labels[i]! - 1] ? 1 : 0)),
  );
}
