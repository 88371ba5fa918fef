export { type Box, boxArea, boxIou, boxToXywh, clampBox, scaleBox, unionBoxes } from './box.ts';
export { joinRings } from './bridge.ts';
export { type Component, type Components, connectedComponents, largestComponent } from './components.ts';
export { traceMask, traceMaskApart } from './contour.ts';
export { maskFromCvatPoints, maskToCvatPoints } from './cvat-mask.ts';
export { GeometryError, type GeometryErrorCode } from './errors.ts';
export { BOUNDARY_TOLERANCE, boundaryF, jAndF, regionJ } from './jf.ts';
export {
  createMask,
  isEmptyMask,
  MAX_PIXELS,
  type Mask,
  maskArea,
  maskBounds,
  maskFromText,
  masksEqual,
  maskToText,
} from './mask.ts';
export { intersectMasks, maskIou, overlap, subtractMasks, unionMasks } from './mask-algebra.ts';
export { cropMask, resizeMask } from './mask-resample.ts';
export { joinRingsNarrowly } from './narrow-bridge.ts';
export {
  countPoints,
  type MultiPolygon,
  type Point,
  type Polygon,
  polygonFromFlat,
  type Ring,
  ringArea,
  ringToFlat,
} from './polygon.ts';
export { rasterisePolygon } from './rasterise.ts';
export { type CompressedRle, checkRle, decodeRle, encodeRle, type Rle } from './rle.ts';
export { mergeRle, rleArea, rleBounds, rleIou, rleOverlap, rlesEqual, subtractRle } from './rle-algebra.ts';
export { compressRle, decompressRle } from './rle-text.ts';
export { type Simplified, type SimplifyOptions, simplifyMask } from './simplify/simplify.ts';
export { splitBridges } from './split-bridges.ts';
