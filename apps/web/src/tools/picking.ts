import { itemsAt } from '../canvas/hit-test.ts';
import type { SceneItem } from '../canvas/scene.ts';
import type { Uid } from '../document/records.ts';
import { reach, type Step, type ToolContext, type ToolEvent } from './tool.ts';

/** The object under a pointer event. */
export function itemUnder(
  event: Extract<ToolEvent, { type: 'down' | 'move' | 'up' }>,
  context: ToolContext,
): SceneItem | undefined {
  return itemsAt(context.scene.items, event.point, reach(context, event.device))[0];
}

/** Shows what a click would take. */
export function hoverStep<State>(state: State, uid: Uid | undefined, context: ToolContext): Step<State> {
  return uid === context.hovered ? { state } : { state, effects: [{ type: 'hover', uid }] };
}

export function toggled(uids: readonly Uid[], uid: Uid): readonly Uid[] {
  return uids.includes(uid) ? uids.filter((each) => each !== uid) : [...uids, uid];
}
