import { imagePoint } from '../../canvas/points.ts';
import { findItem, type SceneItem } from '../../canvas/scene.ts';
import { boundsOf } from '../../outline/shape.ts';
import type { MergeMember } from '../change.ts';
import type { Message } from '../hint.ts';
import { hoverStep, itemUnder } from '../picking.ts';
import type { Mark } from '../preview.ts';
import type { Step, Tool, ToolContext, ToolEvent } from '../tool.ts';

type Member = MergeMember & Pick<SceneItem, 'kind' | 'label'>;
export type MergeState = { readonly members: readonly Member[] };

/** Shapes and tracks of several frames become one track. The frame is changed with the tool open. */
export const mergeTool: Tool<MergeState> = {
  id: 'merge',
  start: () => ({ members: [] }),
  reduce,
  preview: (state, context) => ({ marks: marksOf(state, context) }),
  hint: (state) => ({ key: 'merge.pick', count: state.members.length }),
  path: (state) => `merge.${state.members.length}`,
  isDrawing: (state) => state.members.length > 0,
};

function reduce(state: MergeState, event: ToolEvent, context: ToolContext): Step<MergeState> {
  switch (event.type) {
    case 'move':
      return hoverStep(state, itemUnder(event, context)?.uid, context);
    case 'down': {
      const item = itemUnder(event, context);
      if (!item || event.button === 'right') return { state };
      if (state.members.some(({ uid }) => uid === item.uid))
        return { state: { members: state.members.filter(({ uid }) => uid !== item.uid) } };
      const problem = problemWith(item, state, context);
      if (problem) return { state, effects: [{ type: 'say', message: problem }] };
      const { uid, geometry, kind, label } = item;
      return { state: { members: [...state.members, { uid, geometry, kind, label, frame: context.scene.frame }] } };
    }
    case 'undo':
    case 'back':
      return state.members.length > 0 ? { state: { members: state.members.slice(0, -1) } } : { state, ignored: true };
    case 'finish':
      return finish(state, context);
    case 'cancel':
      return { state: { members: [] }, effects: [{ type: 'close' }] };
    default:
      return { state, ignored: true };
  }
}

function problemWith(item: SceneItem, { members }: MergeState, context: ToolContext): Message | undefined {
  const [first] = members;
  if (item.locked) return { key: 'locked', names: [item.name] };
  if (!first) return undefined;
  if (first.geometry.kind !== item.geometry.kind) return { key: 'merge-kind' };
  if (first.label !== item.label) return { key: 'merge-label' };
  const isTaken = members.some(({ kind, frame }) => kind === 'shape' && frame === context.scene.frame);
  return isTaken && item.kind === 'shape' ? { key: 'merge-frame' } : undefined;
}

function finish(state: MergeState, context: ToolContext): Step<MergeState> {
  const members = state.members.map(({ uid, frame, geometry }) => ({ uid, frame, geometry }));
  if (members.length === 0) return { state, effects: [{ type: 'close' }] };
  if (members.length < 2) return { state, effects: [{ type: 'say', message: { key: 'merge-few' } }] };
  const { endsOutside } = context.options.merge;
  return {
    state: { members: [] },
    commits: [{ step: 'merged', changes: [{ kind: 'merge', members, endsOutside }] }],
    effects: [{ type: 'close' }],
  };
}

/** Numbers show the order, on the frame in view. */
function marksOf({ members }: MergeState, context: ToolContext): readonly Mark[] {
  return members.flatMap(({ uid }, i) => {
    const item = findItem(context.scene, uid);
    if (!item) return [];
    const { x0, y0, x1, y1 } = boundsOf(item.geometry);
    return [{ at: imagePoint((x0 + x1) / 2, (y0 + y1) / 2), kind: 'number' as const, text: String(i + 1) }];
  });
}
