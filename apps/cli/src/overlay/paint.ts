import type { FrameResult } from '@roto/annotations/results';
import { type Box, cropMask, decodeRle, largestComponent, type Mask, maskBounds } from '@roto/geometry';
import { type Colour, colourOf } from './colours.ts';
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyph } from './glyphs.ts';

/** A picture that is painted on: height × width × 3 bytes RGB. */
export type Canvas = { readonly width: number; readonly height: number; readonly rgb: Uint8Array };

/** Share of the object's colour inside its mask. */
const TINT = 0.4;

const BLACK: Colour = [0, 0, 0];
const NEIGHBOURS = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;

/** Draws masks, outlines, labels and the frame number over a frame. The canvas is changed. */
export function paintFrame(canvas: Canvas, { frame, timeSec, pictureOf, objects }: FrameResult): void {
  // One step per 480 lines: lines and letters look alike at any size.
  const scale = Math.max(1, Math.round(Math.min(canvas.width, canvas.height) / 480));
  const masks = objects.map((object) => ({ object, mask: decodeRle(object.mask) }));
  for (const { object, mask } of masks) tint(canvas, mask, colourOf(object.id));
  for (const { object, mask } of masks) outline(canvas, mask, colourOf(object.id), scale + 1);
  for (const { object, mask } of masks) {
    const bounds = mainPart(mask);
    if (!bounds) continue;
    const text = `${object.id} ${object.label.slice(0, 24)}`;
    label(canvas, text, bounds.x0, bounds.y0 - (GLYPH_HEIGHT + 5) * scale, colourOf(object.id), scale);
  }
  const lost = masks.filter(({ mask }) => !mask.data.includes(1)).map(({ object }) => object.id);
  const note = lost.length > 0 ? `  not seen: ${lost.join(', ')}` : '';
  const borrowed = pictureOf === undefined ? '' : ` (picture of ${pictureOf})`;
  label(
    canvas,
    `frame ${frame}${borrowed}  ${timeSec.toFixed(2)} s${note}`,
    4 * scale,
    4 * scale,
    [235, 235, 235],
    scale,
  );
}

function tint({ rgb }: Canvas, { data }: Mask, colour: Colour): void {
  for (let i = data.indexOf(1); i >= 0 && i < data.length; i++) {
    if (data[i] !== 1) continue;
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = rgb[3 * i + c]! * (1 - TINT) + colour[c]! * TINT;
  }
}

/** Where the largest part of a mask lies: a label above a crumb would point at nothing. */
function mainPart(mask: Mask): Box | null {
  const all = maskBounds(mask);
  const part = all && maskBounds(largestComponent(cropMask(mask, all), 8));
  return part && { x0: all.x0 + part.x0, y0: all.y0 + part.y0, x1: all.x0 + part.x1, y1: all.y0 + part.y1 };
}

/** A line along the inside of the mask's edge, and a dark one around it that shows on pictures of the same colour. */
function outline(canvas: Canvas, mask: Mask, colour: Colour, thickness: number): void {
  const { width, height, data } = mask;
  const bounds = maskBounds(mask);
  if (!bounds) return;
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] === 1;
  const reach = thickness - 1;
  for (let y = bounds.y0; y < bounds.y1; y++)
    for (let x = bounds.x0; x < bounds.x1; x++) {
      if (!inside(x, y)) continue;
      let isEdge = false;
      for (const [dx, dy] of NEIGHBOURS)
        if (!inside(x + dx, y + dy)) {
          isEdge = true;
          put(canvas, x + dx, y + dy, BLACK);
        }
      if (!isEdge) continue;
      for (let dy = -reach; dy <= reach; dy++)
        for (let dx = -reach; dx <= reach; dx++) if (inside(x + dx, y + dy)) put(canvas, x + dx, y + dy, colour);
    }
}

/** Text in the colour on a dark plate, moved where it would leave the picture. */
function label(canvas: Canvas, text: string, left: number, top: number, colour: Colour, scale: number): void {
  const characters = [...text];
  const plateWidth = (characters.length * (GLYPH_WIDTH + 1) + 3) * scale;
  const plateHeight = (GLYPH_HEIGHT + 4) * scale;
  const x0 = Math.max(0, Math.min(left, canvas.width - plateWidth));
  const y0 = Math.max(0, Math.min(top, canvas.height - plateHeight));
  for (let y = y0; y < y0 + plateHeight; y++) for (let x = x0; x < x0 + plateWidth; x++) darken(canvas, x, y);
  characters.forEach((character, place) => {
    const rows = glyph(character);
    rows?.forEach((row, dy) => {
      for (let dx = 0; dx < GLYPH_WIDTH; dx++) {
        if (row[dx] !== '1') continue;
        const x = x0 + (2 + place * (GLYPH_WIDTH + 1) + dx) * scale;
        const y = y0 + (2 + dy) * scale;
        for (let sy = 0; sy < scale; sy++) for (let sx = 0; sx < scale; sx++) put(canvas, x + sx, y + sy, colour);
      }
    });
  });
}

function put({ width, height, rgb }: Canvas, x: number, y: number, colour: Colour): void {
  if (x >= 0 && y >= 0 && x < width && y < height) rgb.set(colour, 3 * (y * width + x));
}

function darken({ width, height, rgb }: Canvas, x: number, y: number): void {
  if (x >= width || y >= height) return;
  const at = 3 * (y * width + x);
  for (let c = 0; c < 3; c++) rgb[at + c] = rgb[at + c]! * 0.3;
}
