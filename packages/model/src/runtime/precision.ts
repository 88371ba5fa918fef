import type { Precision } from '../graph/graph.ts';
import { type Architecture, gridSides } from '../sam2/variants.ts';

/**
 * Fewest image tokens for which 8-bit products are worth their rounding. The built-in model has 576: it would gain a
 * sixth of its time, and masks of a dozen low-resolution pixels would move by up to 8 % (docs/decisions/0007).
 */
const TOKENS_FOR_BYTES = 2048;

/** The precision in which a model is computed when `asked` is asked for: a model of few image tokens stays float32. */
export function effectivePrecision(architecture: Architecture, asked: Precision): Precision {
  const tokens = gridSides(architecture)[2] ** 2;
  return asked === 'int8' && tokens >= TOKENS_FOR_BYTES ? 'int8' : 'float32';
}
