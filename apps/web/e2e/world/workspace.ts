import type { LabeledShape, LabeledTrack, TrackedShape } from '@roto/annotations';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Run } from '../../src/api/types.ts';

type Keyframe = TrackedShape & { readonly origin: string };
export type Annotations = {
  readonly version: number;
  readonly shapes: readonly LabeledShape[];
  readonly tracks: readonly (Omit<LabeledTrack, 'shapes'> & { readonly shapes: readonly Keyframe[] })[];
};

/** The workspace of an open job, as a person uses it: by pointer and keys, in pixels of the picture. */
export class Workspace {
  readonly page: Page;
  /** Runs of the job before the last one was started. */
  #before = 0;

  constructor(page: Page) {
    this.page = page;
  }

  async opened(): Promise<void> {
    await this.page.waitForSelector('[data-workspace]', { timeout: 90_000 });
    await expect.poll(() => this.picture(), { timeout: 30_000 }).toBeDefined();
  }

  get canvas(): Locator {
    return this.page.locator('[data-canvas-host]');
  }
  get objects(): Locator {
    return this.page.locator('[data-region=sidebar] [data-index]');
  }
  get dialog(): Locator {
    return this.page.getByRole('dialog', { name: 'Run annotation action' });
  }

  /** Where the picture lies in the window, and how large it is shown. */
  picture(): Promise<{ left: number; top: number; scale: number } | undefined> {
    return this.page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('[data-canvas-host] canvas');
      if (!canvas || canvas.width < 2) return undefined;
      const { left, top, width } = canvas.getBoundingClientRect();
      return width > 2 ? { left, top, scale: width / canvas.width } : undefined;
    });
  }

  /** A point of the picture in the window. */
  async at(x: number, y: number): Promise<readonly [number, number]> {
    const { left, top, scale } = (await this.picture())!;
    return [left + x * scale, top + y * scale];
  }

  async click(x: number, y: number, options?: { button?: 'left' | 'right' }): Promise<void> {
    await this.page.mouse.click(...(await this.at(x, y)), options);
  }

  /** Presses at the first point, goes along the others, releases at the last. */
  async drag(...points: readonly (readonly [number, number])[]): Promise<void> {
    const [first, ...rest] = points;
    await this.page.mouse.move(...(await this.at(...first!)));
    await this.page.mouse.down();
    for (const point of rest) await this.page.mouse.move(...(await this.at(...point)), { steps: 8 });
    await this.page.mouse.up();
  }

  key(keys: string): Promise<void> {
    return this.page.keyboard.press(keys);
  }

  frameField(): Locator {
    return this.page.locator('[data-region=player] input[role=spinbutton]');
  }

  /** The frame whose picture is shown; the field may still say the one that was asked for. */
  async shownFrame(): Promise<number> {
    return Number(await this.page.locator('[data-region=timeline] [role=slider]').getAttribute('aria-valuenow'));
  }

  async goTo(frame: number): Promise<void> {
    await this.frameField().fill(String(frame));
    await this.frameField().press('Enter');
    await expect.poll(() => this.shownFrame(), { timeout: 20_000 }).toBe(frame);
    await this.canvas.focus();
  }

  async saved(): Promise<void> {
    await this.key('Control+s');
    await expect
      .poll(() => this.page.locator('[data-saving]').getAttribute('data-saving'), { timeout: 30_000 })
      .toBe('saved');
  }

  /** Asks the server as this person. */
  ask<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
    return this.page.evaluate(
      async ({ path, method, body }) => {
        const csrf = /csrftoken=(\w+)/.exec(document.cookie)?.[1] ?? '';
        const answer = await fetch(path, {
          method,
          headers: { 'Content-Type': 'application/json', 'X-CSRFToken': csrf },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
        return text === '' ? undefined : JSON.parse(text);
      },
      { path, method, body },
    ) as Promise<T>;
  }

  get job(): number {
    return Number(/\/jobs\/(\d+)/.exec(this.page.url())![1]);
  }

  annotations(): Promise<Annotations> {
    return this.ask(`/api/jobs/${this.job}/annotations`);
  }

  async runs(): Promise<readonly Run[]> {
    return (await this.ask<{ results: Run[] }>(`/api/runs?job=${this.job}`)).results;
  }

  /** Opens a tool by the rail. */
  async tool(name: string): Promise<void> {
    await this.page.locator(`[data-region=tools] [data-tool=${name}]`).click();
    await this.canvas.focus();
  }

  /** Fills in the dialog that is open, and runs. */
  async run(target: number, options: { convert?: boolean } = {}): Promise<void> {
    await this.dialog.waitFor();
    await this.dialog.locator('#action').selectOption({ label: 'AI Tracker: SAM2' });
    await this.dialog.locator('#target').fill(String(target));
    await this.dialog.locator('#target').press('Tab');
    if (options.convert !== undefined) {
      const toggle = this.dialog.getByRole('switch', { name: 'Convert polygon shapes to tracks' });
      if ((await toggle.getAttribute('aria-checked')) !== String(options.convert)) await toggle.click();
    }
    this.#before = (await this.runs()).length;
    await this.dialog.getByRole('button', { name: 'Run', exact: true }).click();
  }

  /** Waits until the server has the run that was asked for. */
  async started(): Promise<void> {
    await expect.poll(async () => (await this.runs()).length, { timeout: 30_000 }).toBeGreaterThan(this.#before);
  }

  /** Waits until the run that was started last has ended. */
  async ended(ms = 240_000): Promise<Run> {
    await this.started();
    await expect
      .poll(async () => (await this.runs())[0]?.state, { timeout: ms, interval: 500 })
      .toMatch(/finished|failed|cancelled/);
    return (await this.runs())[0]!;
  }
}
