import { hoverStep, itemUnder } from '../picking.ts';
import type { Tool } from '../tool.ts';

/** A click on a track splits it at the frame in view. */
export const splitTool: Tool<undefined> = {
  id: 'split',
  start: () => undefined,
  reduce(state, event, context) {
    switch (event.type) {
      case 'move':
        return hoverStep(state, itemUnder(event, context)?.uid, context);
      case 'down': {
        const item = itemUnder(event, context);
        if (!item || event.button === 'right') return { state };
        const { uid, startsAt } = item;
        const { frame } = context.scene;
        if (item.locked) return { state, effects: [{ type: 'say', message: { key: 'locked', names: [item.name] } }] };
        if (item.kind === 'shape') return { state, effects: [{ type: 'say', message: { key: 'split-shape' } }] };
        if (startsAt >= frame) return { state, effects: [{ type: 'say', message: { key: 'split-first' } }] };
        return {
          state,
          commits: [{ step: 'split', changes: [{ kind: 'split', uid, frame }] }],
          effects: [{ type: 'close' }],
        };
      }
      case 'cancel':
      case 'finish':
        return { state, effects: [{ type: 'close' }] };
      default:
        return { state, ignored: true };
    }
  },
  preview: () => ({}),
  hint: () => ({ key: 'split.pick' }),
  path: () => 'split',
  isDrawing: () => false,
};
