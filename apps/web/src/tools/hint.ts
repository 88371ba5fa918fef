/** Key of a text in `texts/tools.en.ts`; tools know no language. */
export type Hint =
  | { readonly key: 'select.idle' | 'select.over' | 'select.moving' | 'select.pinned' | 'select.locked' }
  | { readonly key: 'select.vertex' | 'select.edge' | 'select.resize' | 'select.rotate' | 'select.boxing' }
  | { readonly key: 'contour.placing' | 'contour.choosing' }
  | { readonly key: 'pan' }
  | { readonly key: 'polygon.idle' | 'polygon.closing' | 'polygon.tracing' | 'polygon.hole' }
  | { readonly key: 'polygon.placing'; readonly points: number }
  | { readonly key: 'polyline.idle' | 'points.idle' }
  | { readonly key: 'polyline.placing' | 'points.placing'; readonly points: number }
  | { readonly key: 'rectangle.idle' | 'rectangle.drawing' | 'ellipse.idle' | 'ellipse.drawing' }
  | { readonly key: 'rectangle.extreme'; readonly left: number }
  | { readonly key: 'mask.brush' | 'mask.eraser' | 'mask.polygon-plus' | 'mask.polygon-minus' | 'mask.fill' }
  | { readonly key: 'sam.idle' | 'sam.ready' | 'sam.waiting' | 'sam.blocked' | 'sam.box-first' }
  | { readonly key: 'sam.more-points'; readonly left: number }
  | { readonly key: 'slice.pick' | 'slice.start' | 'slice.cutting' }
  | { readonly key: 'join.pick'; readonly count: number }
  | { readonly key: 'merge.pick'; readonly count: number }
  | { readonly key: 'group.pick'; readonly count: number }
  | { readonly key: 'split.pick' };

/** Said once, near the pointer or as a toast. */
export type Message =
  | { readonly key: 'too-few-points'; readonly least: number }
  | { readonly key: 'too-small' | 'outside-frame' | 'empty-mask' | 'crosses-itself' | 'hole-outside' }
  | { readonly key: 'locked' | 'pinned'; readonly names: readonly string[] }
  | { readonly key: 'least-points' | 'last-point' }
  | { readonly key: 'slice-outside' | 'slice-crosses' | 'slice-itself' | 'slice-kind' | 'slice-track' }
  | { readonly key: 'join-kind' | 'join-label' | 'join-apart' | 'join-few' }
  | { readonly key: 'merge-kind' | 'merge-label' | 'merge-frame' | 'merge-few' }
  | { readonly key: 'split-shape' | 'split-first' }
  | { readonly key: 'group-few' }
  | { readonly key: 'sam-nothing' | 'sam-whole-frame' }
  | { readonly key: 'sam-failed'; readonly reason: string }
  | { readonly key: 'masks-emptied'; readonly names: readonly string[] };
