import type { Tool } from '../tool.ts';

/** Every drag moves the view. */
export const panTool: Tool<undefined> = {
  id: 'pan',
  start: () => undefined,
  reduce(state, event) {
    if (event.type === 'down' && event.button === 'left') return { state, effects: [{ type: 'pan' }] };
    if (event.type === 'double') return { state, effects: [{ type: 'fit' }] };
    if (event.type === 'cancel' || event.type === 'finish') return { state, effects: [{ type: 'close' }] };
    return { state, ignored: true };
  },
  preview: () => ({}),
  hint: () => ({ key: 'pan' }),
  path: () => 'pan',
  isDrawing: () => false,
};
