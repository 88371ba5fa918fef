import type { Hint } from './hint.ts';
import type { Preview } from './preview.ts';
import type { Step, Tool, ToolContext, ToolEvent, ToolId } from './tool.ts';

/** A tool together with its state; two of one tool know nothing of each other. */
export type RunningTool = {
  readonly id: ToolId;
  dispatch(event: ToolEvent, context: ToolContext): Omit<Step<never>, 'state'>;
  preview(context: ToolContext): Preview;
  hint(context: ToolContext): Hint;
  path(): string;
  isDrawing(): boolean;
  /** The same tool in the same state, which goes its own way. */
  copy(): RunningTool;
};

export function runTool<State>(tool: Tool<State>, context: ToolContext): RunningTool {
  return running(tool, tool.start(context));
}

function running<State>(tool: Tool<State>, first: State): RunningTool {
  let state = first;
  return {
    id: tool.id,
    dispatch(event, at) {
      const { state: next, ...rest } = tool.reduce(state, event, at);
      state = next;
      return rest;
    },
    preview: (at) => tool.preview(state, at),
    hint: (at) => tool.hint(state, at),
    path: () => tool.path(state),
    isDrawing: () => tool.isDrawing(state),
    copy: () => running(tool, state),
  };
}
