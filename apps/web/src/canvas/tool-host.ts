import type { Desk } from '../commands/desk.ts';
import type { FrameNumber } from '../document/records.ts';
import type { StoreState } from '../document/store.ts';
import { hintText, messageText } from '../texts/en/drawing.ts';
import type { Answer, Effect } from '../tools/effect.ts';
import type { Preview } from '../tools/preview.ts';
import { ACROSS_FRAMES, DRAWING, startTool } from '../tools/registry.ts';
import type { RunningTool } from '../tools/running.ts';
import type { ToolContext, ToolEvent, ToolId } from '../tools/tool.ts';
import { commitTool } from './commit.ts';
import type { Scene } from './scene.ts';

export type HostDeps = {
  readonly desk: Desk;
  readonly scene: () => Scene;
  readonly scale: () => number;
  /** Effects that concern the view: pan, fit, menu, requests. */
  readonly onEffect: (effect: Effect) => void;
  /** Something is to be painted. */
  readonly onChange: () => void;
};

/** A figure that Esc ended; Ctrl+Z brings it back as long as nothing else was done. */
type Dropped = { readonly tool: RunningTool; readonly frame: FrameNumber; readonly history: StoreState['history'] };

/**
 * Runs the tool that is open: feeds it events, makes its commits, keeps figures that were begun on other frames, and tells
 * the view what the tool says.
 */
export class ToolHost {
  readonly #deps: HostDeps;
  readonly #drafts = new Map<FrameNumber, RunningTool>();
  #tool: RunningTool;
  #frame: FrameNumber;
  #dropped: Dropped | undefined;

  constructor(deps: HostDeps) {
    this.#deps = deps;
    const { tool, frame } = deps.desk.view.getState();
    this.#frame = frame;
    this.#tool = startTool(tool, this.context());
  }

  get id(): ToolId {
    return this.#tool.id;
  }

  get path(): string {
    return this.#tool.path();
  }

  get isDrawing(): boolean {
    return this.#tool.isDrawing();
  }

  context(): ToolContext {
    const { selection, hover, options } = this.#deps.desk.view.getState();
    const stay = this.#deps.desk.settings.getState().stayInTool;
    return {
      scene: this.#deps.scene(),
      selected: selection,
      hovered: hover,
      scale: this.#deps.scale(),
      options: stay === options.stay ? options : { ...options, stay },
    };
  }

  preview(): Preview {
    return this.#tool.preview(this.context());
  }

  /** Opens a tool anew, also when it is the one that is open. */
  open(id: ToolId): void {
    this.#drop();
    this.#start(id);
  }

  /** True when the tool had a use for the event. */
  dispatch(event: ToolEvent): boolean {
    if (event.type === 'cancel') this.#drop();
    const tool = this.#tool;
    const { commits = [], effects = [], ignored } = tool.dispatch(event, this.context());
    for (const commit of commits) commitTool(this.#deps.desk, commit);
    for (const effect of effects) this.#run(effect);
    if (event.type === 'undo' && ignored && this.#bringBack()) return true;
    this.#tell();
    this.#deps.onChange();
    return ignored !== true;
  }

  /** The view has another frame, tool or options, or the document changed. */
  refresh(): void {
    const { frame, tool } = this.#deps.desk.view.getState();
    if (frame !== this.#frame) this.#changeFrame(frame);
    else if (tool !== this.#tool.id) this.open(tool);
    else this.#refreshTool();
    this.#tell();
  }

  #refreshTool(): void {
    const { effects = [] } = this.#tool.dispatch({ type: 'refresh' }, this.context());
    for (const effect of effects) this.#run(effect);
  }

  /** Gives answers to the tool that is open now, as long as it is open. */
  replier(): (request: number, answer: Answer) => void {
    const asking = this.#tool;
    return (request, answer) => {
      if (this.#tool === asking) this.dispatch({ type: 'answer', request, answer });
    };
  }

  #changeFrame(frame: FrameNumber): void {
    const { id } = this.#tool;
    const from = this.#frame;
    this.#frame = frame;
    if (ACROSS_FRAMES.has(id) && !(id === 'select' && this.#tool.isDrawing())) {
      this.#refreshTool();
    } else {
      if (this.#tool.isDrawing()) this.#drafts.set(from, this.#tool);
      this.#tool = startTool(id, this.context());
    }
    const draft = this.#drafts.get(frame);
    if (!draft) return;
    this.#drafts.delete(frame);
    this.#use(draft);
  }

  #run(effect: Effect): void {
    const { view, notify } = this.#deps.desk;
    switch (effect.type) {
      case 'select':
        view.setState({ selection: effect.uids });
        return;
      case 'hover':
        view.setState({ hover: effect.uid });
        return;
      case 'say':
        notify({ kind: 'warn', text: messageText(effect.message) });
        return;
      case 'close':
        this.#start(effect.again ? this.#tool.id : 'select');
        return;
      case 'open':
        this.open(effect.tool);
        return;
      case 'brush-size':
        view.setState(({ options }) => ({ options: { ...options, brush: { ...options.brush, size: effect.size } } }));
        return;
      default:
        this.#deps.onEffect(effect);
    }
  }

  #start(id: ToolId): void {
    this.#use(startTool(id, this.context()));
  }

  #use(tool: RunningTool): void {
    this.#tool = tool;
    const { view } = this.#deps.desk;
    if (view.getState().tool !== tool.id) view.setState({ tool: tool.id });
    if (DRAWING.has(tool.id)) view.setState({ lastTool: tool.id });
    this.#tell();
    this.#deps.onChange();
  }

  /** Keeps a begun figure that is being left. */
  #drop(): void {
    if (!this.#tool.isDrawing()) return;
    const { history } = this.#deps.desk.store.state;
    this.#dropped = { tool: this.#tool.copy(), frame: this.#frame, history };
  }

  #bringBack(): boolean {
    const dropped = this.#dropped;
    this.#dropped = undefined;
    if (!dropped || dropped.frame !== this.#frame || dropped.history !== this.#deps.desk.store.state.history)
      return false;
    this.#use(dropped.tool);
    return true;
  }

  #tell(): void {
    const hint = hintText(this.#tool.hint(this.context()));
    const drawing = this.#tool.isDrawing();
    const { view } = this.#deps.desk;
    const now = view.getState();
    if (now.hint !== hint || now.drawing !== drawing) view.setState({ hint, drawing });
  }
}
