// Every action that a key can start: its area in the list of shortcuts, the scope in which its keys count, and the keys
// it has until somebody changes them. Keys are CVAT's where CVAT has them.
import type { Keys } from './stroke.ts';

/** Where keys count. A later one in a stack hides the same keys of an earlier one; see scopes.ts. */
export type Scope = 'app' | 'page' | 'canvas' | 'object' | 'tool' | 'dialog';

export type Area = 'general' | 'player' | 'tools' | 'drawing' | 'objects' | 'tracks' | 'review' | 'view';

export interface ActionDefault {
  scope: Scope;
  area: Area;
  keys: readonly Keys[];
  /** A held key repeats the action; all others act once a press. */
  repeats?: true;
}

const action = (scope: Scope, area: Area, keys: string, repeats?: true): ActionDefault => ({
  scope,
  area,
  keys: keys === '' ? [] : keys.split(' | '),
  ...(repeats && { repeats }),
});

export const ACTIONS = {
  'app.shortcuts': action('app', 'general', 'F1'),
  'app.settings': action('app', 'general', 'F2'),
  'app.palette': action('app', 'general', 'Ctrl+K'),
  'app.next-region': action('app', 'general', 'F6'),
  'app.previous-region': action('app', 'general', 'Shift+F6'),
  'job.save': action('page', 'general', 'Ctrl+S'),
  'job.undo': action('page', 'general', 'Ctrl+Z'),
  'job.redo': action('page', 'general', 'Ctrl+Shift+Z | Ctrl+Y'),
  'runs.toggle': action('page', 'general', 'Shift+U'),

  'frame.next': action('page', 'player', 'F', true),
  'frame.previous': action('page', 'player', 'D', true),
  'frame.forward': action('page', 'player', 'V', true),
  'frame.backward': action('page', 'player', 'C', true),
  'frame.next-found': action('page', 'player', 'Right', true),
  'frame.previous-found': action('page', 'player', 'Left', true),
  'frame.first': action('page', 'player', 'Ctrl+Home'),
  'frame.last': action('page', 'player', 'Ctrl+End'),
  'frame.focus-field': action('page', 'player', '`'),
  'frame.delete': action('page', 'player', 'Alt+Del'),
  'play.toggle': action('page', 'player', 'Space'),

  'tool.cancel': action('canvas', 'tools', 'Esc'),
  'tool.repeat': action('canvas', 'tools', 'N'),
  'tool.redraw': action('canvas', 'tools', 'Shift+N'),
  'tool.block': action('canvas', 'tools', 'Tab'),
  'tool.merge': action('canvas', 'tools', 'M'),
  'tool.split': action('canvas', 'tools', 'Alt+M'),
  'tool.group': action('canvas', 'tools', 'G'),
  'tool.ungroup': action('canvas', 'tools', 'Shift+G'),
  'tool.join': action('canvas', 'tools', 'J'),
  'tool.slice': action('canvas', 'tools', 'Alt+J'),

  'draw.finish': action('tool', 'drawing', 'N | Enter'),
  'draw.step-back': action('tool', 'drawing', 'Backspace'),
  'draw.undo': action('tool', 'drawing', 'Ctrl+Z'),
  'draw.redo': action('tool', 'drawing', 'Ctrl+Shift+Z | Ctrl+Y'),
  'draw.hide-mask': action('tool', 'drawing', 'H'),
  'brush.brush': action('canvas', 'drawing', 'Shift+1'),
  'brush.eraser': action('canvas', 'drawing', 'Shift+2'),
  'brush.polygon-plus': action('canvas', 'drawing', 'Shift+3'),
  'brush.polygon-minus': action('canvas', 'drawing', 'Shift+4'),
  'brush.smaller': action('canvas', 'drawing', '[', true),
  'brush.larger': action('canvas', 'drawing', ']', true),
  'draw.snap-contour': action('canvas', 'drawing', ''),
  'draw.snap-point': action('canvas', 'drawing', ''),

  'object.select-all': action('object', 'objects', 'Ctrl+A'),
  'object.lock': action('object', 'objects', 'L'),
  'object.lock-all': action('object', 'objects', 'T L'),
  'object.hide': action('object', 'objects', 'H'),
  'object.hide-all': action('object', 'objects', 'T H'),
  'object.occluded': action('object', 'objects', 'Q | /'),
  'object.pinned': action('object', 'objects', 'P'),
  'object.remove': action('object', 'objects', 'Del | Backspace | Shift+Del | Shift+Backspace'),
  'object.to-background': action('object', 'objects', '- | Shift+-'),
  'object.to-foreground': action('object', 'objects', '= | Shift+='),
  'object.layer-back': action('object', 'objects', ''),
  'object.layer-forward': action('object', 'objects', ''),
  'object.copy': action('object', 'objects', 'Ctrl+C'),
  'object.paste': action('object', 'objects', 'Ctrl+V', true),
  'object.paste-at-pointer': action('object', 'objects', 'Ctrl+Shift+V'),
  'object.run-action': action('object', 'objects', 'Ctrl+E'),
  'object.propagate': action('object', 'objects', 'Ctrl+B'),
  'object.color': action('object', 'objects', 'Enter'),
  'object.simplify': action('object', 'objects', ''),
  'object.box-handles': action('object', 'objects', 'S'),
  'object.mirror-horizontally': action('object', 'objects', 'Shift+H'),
  'object.mirror-vertically': action('object', 'objects', 'Shift+V'),
  'object.text': action('object', 'objects', 'U'),
  'object.next-under-pointer': action('object', 'objects', 'X'),
  'object.label-1': action('object', 'objects', 'Ctrl+1'),
  'object.label-2': action('object', 'objects', 'Ctrl+2'),
  'object.label-3': action('object', 'objects', 'Ctrl+3'),
  'object.label-4': action('object', 'objects', 'Ctrl+4'),
  'object.label-5': action('object', 'objects', 'Ctrl+5'),
  'object.label-6': action('object', 'objects', 'Ctrl+6'),
  'object.label-7': action('object', 'objects', 'Ctrl+7'),
  'object.label-8': action('object', 'objects', 'Ctrl+8'),
  'object.label-9': action('object', 'objects', 'Ctrl+9'),
  'object.label-10': action('object', 'objects', 'Ctrl+0'),

  'track.keyframe': action('object', 'tracks', 'K'),
  'track.outside': action('object', 'tracks', 'O'),
  'track.next-keyframe': action('object', 'tracks', 'R'),
  'track.previous-keyframe': action('object', 'tracks', 'E'),
  'track.next-any-keyframe': action('object', 'tracks', 'Ctrl+Shift+Right'),
  'track.previous-any-keyframe': action('object', 'tracks', 'Ctrl+Shift+Left'),
  'track.first-frame': action('object', 'tracks', 'Home'),
  'track.last-frame': action('object', 'tracks', 'End'),
  'track.half-way': action('object', 'tracks', 'Shift+K'),
  'track.trim-before': action('object', 'tracks', 'Alt+['),
  'track.trim-after': action('object', 'tracks', 'Alt+]'),
  'track.next-start': action('object', 'tracks', 'Alt+R'),
  'track.previous-start': action('object', 'tracks', 'Alt+E'),

  'review.next-span': action('object', 'review', 'Shift+R'),
  'review.previous-span': action('object', 'review', 'Shift+E'),
  'review.accept': action('object', 'review', 'Y'),
  'review.track-again': action('object', 'review', 'Shift+T'),

  'view.rotate-right': action('page', 'view', 'Ctrl+R'),
  'view.rotate-left': action('page', 'view', 'Ctrl+Shift+R'),
  'view.actual-size': action('page', 'view', '0'),
  'view.fit': action('page', 'view', 'Shift+0'),
  'view.to-selection': action('page', 'view', 'Z'),
  'view.outline-masks': action('page', 'view', 'Alt+H'),
  'view.peek': action('page', 'view', ';'),
} as const satisfies Record<string, ActionDefault>;

export type ActionId = keyof typeof ACTIONS;

export const ACTION_IDS = Object.keys(ACTIONS) as ActionId[];

export function actionDefault(id: ActionId): ActionDefault {
  return ACTIONS[id];
}
