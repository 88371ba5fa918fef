import type { Hint, Message } from '../../tools/hint.ts';

/** What the next click does, for the status line. */
export function hintText(hint: Hint): string {
  switch (hint.key) {
    case 'polygon.placing':
    case 'polyline.placing':
      return `${points(hint.points)} · Click: next point · Shift: draw while moving · Right click: last point back`;
    case 'points.placing':
      return `${points(hint.points)} · Click: next point · N: done · Right click: last point back`;
    case 'rectangle.extreme':
      return `Click the extreme points of the object: ${hint.left} left · Right click: last point back`;
    case 'sam.more-points':
      return `${points(hint.left)} more before the function can look`;
    case 'join.pick':
      return `Click objects to join: ${hint.count} chosen · J: join · Esc: leave`;
    case 'merge.pick':
      return `Click shapes on several frames: ${hint.count} chosen · M: merge · Esc: leave`;
    case 'group.pick':
      return `Click objects, or draw a box around them: ${hint.count} chosen · G: group · Esc: leave`;
    default:
      return HINTS[hint.key];
  }
}

const HINTS = {
  'select.idle': 'Click: select · Drag: move the view · Shift+drag: select by a box · Wheel: zoom',
  'select.over': 'Click: select · Drag: move · Right click: menu · X: next object here',
  'select.moving': 'Release to set it down · Esc: back',
  'select.pinned': 'This object is pinned: it does not move as a whole. P: unpin',
  'select.locked': 'This object is locked: it can be selected, not changed. L: unlock',
  'select.vertex': 'Drag: move the point · Alt+click: delete it · Shift+click: draw the contour anew from here',
  'select.edge': 'Click or drag: insert a point',
  'select.resize': 'Drag: resize · Shift: keep the ratio · Alt: keep the middle',
  'select.rotate': 'Drag: turn · Shift: by 15° · Double click: 0°',
  'select.boxing': 'Release to select what is wholly inside',
  'contour.placing': 'Click: next point · Click a point of the contour: done · N: done at the nearest point',
  'contour.choosing': 'Point at the part to keep and click · N: keep what is shown · Esc: back',
  pan: 'Drag: move the view · Wheel: zoom',
  'polygon.idle': 'Click: first point · Alt+click in the selected polygon: a hole',
  'polygon.closing': 'Click: next point · Click the first point, N or Enter: close · Right click: last point back',
  'polygon.tracing': 'Move along the contour and click where to leave it · Esc: leave it here',
  'polygon.hole': 'Outline the hole',
  'polyline.idle': 'Click: first point',
  'points.idle': 'Click: set a point',
  'rectangle.idle': 'Drag from corner to corner, or click two corners · Shift: square · Alt: from the middle',
  'rectangle.drawing': 'Release, or click the opposite corner · Shift: square · Alt: from the middle',
  'ellipse.idle': 'Drag or click two corners of its box · Shift: circle · Alt: from the middle',
  'ellipse.drawing': 'Release, or click the opposite corner · Shift: circle · Alt: from the middle',
  'mask.brush': 'Drag: paint · Shift+click: straight line · [ ]: size · N: done',
  'mask.eraser': 'Drag: erase · [ ]: size · N: done',
  'mask.polygon-plus': 'Outline what to add · N: close, then done',
  'mask.polygon-minus': 'Outline what to take away · N: close, then done',
  'mask.fill': 'Click an enclosed area to fill it · N: done',
  'sam.idle': 'Click: belongs to the object · Right click: does not · Drag: box',
  'sam.ready': 'Click: add · Right click: leave out · Click a point: remove it · N: accept · Esc: drop',
  'sam.waiting': 'Looking at the frame…',
  'sam.blocked': 'Blocked: clicks are collected. Tab: look now',
  'sam.box-first': 'Drag a box around the object',
  'slice.pick': 'Click the polygon or mask to slice',
  'slice.start': 'Click near its contour to begin the cut',
  'slice.cutting': 'Click: next point · Click near the contour: cut · Right click: last point back',
  'split.pick': 'Click a track to split it at this frame',
} as const satisfies Record<string, string>;

/** Said once, about what was just tried. */
export function messageText(message: Message): string {
  switch (message.key) {
    case 'too-few-points':
      return `At least ${points(message.least)} are needed.`;
    case 'locked':
      return `${message.names.join(', ')}: locked. Unlock with L to change it.`;
    case 'pinned':
      return `${message.names.join(', ')}: pinned. Unpin with P to move it.`;
    case 'sam-failed':
      return `The function could not answer: ${message.reason}`;
    case 'masks-emptied':
      return `Nothing would be left of ${message.names.join(', ')}. Finish again to remove it.`;
    default:
      return MESSAGES[message.key];
  }
}

const MESSAGES = {
  'too-small': 'This is too small: at least 3 pixels wide and high, 9 square pixels.',
  'outside-frame': 'This is outside of the frame.',
  'empty-mask': 'The mask is empty: paint something first.',
  'crosses-itself': 'The outline crosses itself.',
  'hole-outside': 'A hole has to be inside the polygon, without touching its outlines.',
  'least-points': 'A polygon needs three points, a line two. Del removes the object.',
  'last-point': 'This is the last point.',
  'slice-outside': 'A cut begins and ends near the contour.',
  'slice-crosses': 'A cut may cross the contour only where it begins and ends.',
  'slice-itself': 'A cut may not cross itself.',
  'slice-kind': 'Only polygons and masks can be sliced.',
  'slice-track': 'Only shapes of one frame can be sliced. This object is a track.',
  'join-kind': 'Only polygons and masks of one frame can be joined.',
  'join-label': 'Objects that are joined must have the same label.',
  'join-apart': 'These polygons do not touch: they were joined as a mask.',
  'join-few': 'Choose two objects or more.',
  'merge-kind': 'Objects that are merged must be of the same type.',
  'merge-label': 'Objects that are merged must have the same label.',
  'merge-frame': 'There is a shape of this frame among them already.',
  'merge-few': 'Choose shapes on two frames or more.',
  'split-shape': 'Only tracks can be split. This object is a shape of one frame.',
  'split-first': 'A track can be split after its first keyframe.',
  'group-few': 'Choose two objects or more.',
  'sam-nothing': 'Nothing found there: add a point.',
  'sam-whole-frame': 'The answer covers the whole frame: add a point that does not belong to the object.',
} as const satisfies Record<string, string>;

function points(count: number): string {
  return count === 1 ? '1 point' : `${count} points`;
}
