export { AnnotationError, type AnnotationErrorCode } from './errors.ts';
export { type AnnotationChanges, applyChanges, applyToTrack, type ChangedTrack } from './labeled/apply-changes.ts';
export { checkLabeledData } from './labeled/check.ts';
export { pointsProblem } from './labeled/check-points.ts';
export { type AnnotatedFrame, framesOf, trackShape } from './labeled/flatten.ts';
export {
  type FrameRange,
  type InterpolatedElement,
  type InterpolatedShape,
  interpolate,
  interpolateAt,
  Keyframes,
} from './labeled/interpolate.ts';
export {
  ANNOTATION_SOURCES,
  type AnnotationSource,
  type AttributeValue,
  EMPTY_LABELED_DATA,
  type FrameSet,
  framesAt,
  type LabeledData,
  type LabeledShape,
  type LabeledTag,
  type LabeledTrack,
  SHAPE_TYPES,
  type ShapeType,
  type TrackedShape,
} from './labeled/labeled-data.ts';
export {
  ATTRIBUTE_INPUTS,
  type AttributeInput,
  type IndexedLabel,
  indexLabels,
  LABEL_TYPES,
  type Label,
  type LabelAttribute,
  type LabelIndex,
  type LabelType,
} from './labeled/labels.ts';
export { maskOutline, maskRing, maskRings, type OutlineOptions } from './labeled/mask-outline.ts';
export { isMaskTrack, maskTracksToShapes, shapesToMaskTracks } from './labeled/mask-tracks.ts';
export { type LabeledPart, mergeLabeledData, mergeShapes, mergeTracks } from './labeled/merge.ts';
export { type KeyframeMerge, type MergedKeyframes, mergeKeyframes, wholeTrack } from './labeled/merge-keyframes.ts';
export {
  type LabeledDataDraft,
  normaliseLabeledData,
  type ParsedLabeledData,
  parseLabeledData,
  type ShapeDraft,
  type TagDraft,
  type TrackDraft,
  type TrackedShapeDraft,
} from './labeled/normalise.ts';
export { MAX_PROBLEMS, type Problem, type ProblemCode, problemsText } from './labeled/problem.ts';
export { type KeyframeSignals, keyframeSignals } from './labeled/signals.ts';
export { sliceLabeledData, sliceTrack } from './labeled/slice.ts';
export {
  type Flag,
  flagKeyframes,
  REASONS,
  type Reason,
  type Scene,
  type SuspiciousSpan,
  suspiciousSpans,
} from './labeled/suspicion.ts';
export { thinKeyframes } from './labeled/thin.ts';
