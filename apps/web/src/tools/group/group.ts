import type { ImagePoint } from '../../canvas/points.ts';
import { boxInside } from '../../canvas/scene.ts';
import type { Uid } from '../../document/records.ts';
import { boundsOf } from '../../outline/shape.ts';
import { hoverStep, itemUnder, toggled } from '../picking.ts';
import { boxOf } from '../select/boxing.ts';
import type { Step, Tool, ToolContext, ToolEvent } from '../tool.ts';

export type GroupState = {
  readonly picked: readonly Uid[];
  readonly box: { readonly from: ImagePoint; readonly to: ImagePoint } | undefined;
};

/** Objects are clicked, or boxed; G again makes them a group. */
export const groupTool: Tool<GroupState> = {
  id: 'group',
  start: (context) => ({ picked: context.selected, box: undefined }),
  reduce,
  preview: ({ picked, box }) => ({
    ...(picked.length > 0 && { focus: picked }),
    ...(box && { selection: boxOf(box.from, box.to) }),
  }),
  hint: (state) => ({ key: 'group.pick', count: state.picked.length }),
  path: (state) => (state.box ? 'group.boxing' : `group.${state.picked.length}`),
  isDrawing: (state) => state.picked.length > 0,
};

function reduce(state: GroupState, event: ToolEvent, context: ToolContext): Step<GroupState> {
  switch (event.type) {
    case 'move':
      if (state.box) return { state: { ...state, box: { ...state.box, to: event.point } } };
      return hoverStep(state, itemUnder(event, context)?.uid, context);
    case 'down': {
      if (event.button === 'right') return { state };
      const item = itemUnder(event, context);
      if (!item) return { state: { ...state, box: { from: event.point, to: event.point } } };
      if (item.locked) return { state, effects: [{ type: 'say', message: { key: 'locked', names: [item.name] } }] };
      return { state: { ...state, picked: toggled(state.picked, item.uid) } };
    }
    case 'up': {
      if (!state.box) return { state };
      const box = boxOf(state.box.from, event.point);
      const inside = context.scene.items.filter(
        ({ geometry, locked }) => !locked && boxInside(boundsOf(geometry), box),
      );
      return { state: { picked: [...new Set([...state.picked, ...inside.map(({ uid }) => uid)])], box: undefined } };
    }
    case 'undo':
    case 'back':
      return state.picked.length > 0
        ? { state: { ...state, picked: state.picked.slice(0, -1) } }
        : { state, ignored: true };
    case 'finish':
      if (state.picked.length === 0) return { state, effects: [{ type: 'close' }] };
      if (state.picked.length < 2) return { state, effects: [{ type: 'say', message: { key: 'group-few' } }] };
      return {
        state: { picked: [], box: undefined },
        commits: [{ step: 'group', changes: [{ kind: 'group', uids: state.picked }] }],
        effects: [{ type: 'close' }],
      };
    case 'cancel':
      return { state: { picked: [], box: undefined }, effects: [{ type: 'close' }] };
    default:
      return { state, ignored: true };
  }
}
