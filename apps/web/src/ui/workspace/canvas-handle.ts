// What the bars and keys ask of the canvas. The canvas fills it in when it is mounted; before that nothing happens.
import type { SimpleEvent } from '../../canvas/mount.ts';
import type { ToolEvent, ToolId } from '../../tools/tool.ts';

export type { SimpleEvent as ToolRequest };

export interface CanvasActions {
  /** Opens a tool; for a mask with the selected one in it. */
  open(tool: ToolId): void;
  /** True when the tool had a use for it. */
  send(request: SimpleEvent): boolean;
  /** The same for what has more to say than its name. */
  event(event: ToolEvent): boolean;
  fit(): void;
  zoomTo(scale: number): void;
  zoomToSelection(): void;
  rotate(quarters: 1 | -1): void;
  nudge(dx: number, dy: number): boolean;
}

export class CanvasHandle implements CanvasActions {
  #actions: CanvasActions | undefined;
  readonly #toggleBlock: () => void;

  constructor(toggleBlock: () => void) {
    this.#toggleBlock = toggleBlock;
  }

  /** Connects the canvas until the returned function is called. */
  connect(actions: CanvasActions): () => void {
    this.#actions = actions;
    return () => {
      if (this.#actions === actions) this.#actions = undefined;
    };
  }

  toggleBlock(): void {
    this.#toggleBlock();
  }

  open(tool: ToolId): void {
    this.#actions?.open(tool);
  }

  send(request: SimpleEvent): boolean {
    return this.#actions?.send(request) ?? false;
  }

  event(event: ToolEvent): boolean {
    return this.#actions?.event(event) ?? false;
  }

  fit(): void {
    this.#actions?.fit();
  }

  zoomTo(scale: number): void {
    this.#actions?.zoomTo(scale);
  }

  zoomToSelection(): void {
    this.#actions?.zoomToSelection();
  }

  rotate(quarters: 1 | -1): void {
    this.#actions?.rotate(quarters);
  }

  nudge(dx: number, dy: number): boolean {
    return this.#actions?.nudge(dx, dy) ?? false;
  }
}
