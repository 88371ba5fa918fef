import {
  Brush,
  Circle,
  Combine,
  Crosshair,
  Group,
  Hand,
  Hexagon,
  type LucideIcon,
  Maximize,
  Merge,
  MousePointer2,
  RotateCw,
  Scissors,
  Slice,
  Spline,
  Square,
  SquareDashedMousePointer,
  WandSparkles,
} from 'lucide-react';
import { Popover } from 'radix-ui';
import { type KeyboardEvent, useState } from 'react';
import type { ActionId } from '../../keys/index.ts';
import { t } from '../../texts/en.ts';
import type { ToolId } from '../../tools/tool.ts';
import { DRAW_TOOLS } from '../../view/tools.ts';
import { Hint, IconButton } from '../controls/button.tsx';
import controls from '../controls/controls.module.css';
import { ToolOptionsForm } from './tool-options.tsx';
import styles from './tool-rail.module.css';
import { useDesk, useKeysText, useView } from './use-desk.ts';

interface RailTool {
  readonly tool: ToolId;
  readonly icon: LucideIcon;
  readonly action?: ActionId;
}

const VIEWING: readonly RailTool[] = [
  { tool: 'select', icon: MousePointer2, action: 'tool.cancel' },
  { tool: 'box-select', icon: SquareDashedMousePointer },
  { tool: 'pan', icon: Hand },
];
const DRAWING: readonly RailTool[] = [
  { tool: 'sam-click', icon: WandSparkles },
  { tool: 'rectangle', icon: Square },
  { tool: 'polygon', icon: Hexagon },
  { tool: 'polyline', icon: Spline },
  { tool: 'points', icon: Crosshair },
  { tool: 'ellipse', icon: Circle },
  { tool: 'mask', icon: Brush, action: 'brush.brush' },
];
const CHANGING: readonly RailTool[] = [
  { tool: 'merge', icon: Merge, action: 'tool.merge' },
  { tool: 'split', icon: Scissors, action: 'tool.split' },
  { tool: 'group', icon: Group, action: 'tool.group' },
  { tool: 'join', icon: Combine, action: 'tool.join' },
  { tool: 'slice', icon: Slice, action: 'tool.slice' },
];

/** Tools at the left. One tab stop; arrows go from tool to tool. */
export function ToolRail() {
  const desk = useDesk();
  const keysText = useKeysText();
  const label = useView((view) => view.options.label);
  const canChange = desk.readOnly() === undefined;
  return (
    <nav className={styles.rail} data-region="tools" aria-label={t.tools.toolbar} tabIndex={-1}>
      <div
        role="toolbar"
        aria-orientation="vertical"
        aria-label={t.tools.toolbar}
        className={styles.bar}
        onKeyDown={walk}
      >
        {VIEWING.map((each) => (
          <RailButton key={each.tool} {...each} isTabStop={each.tool === 'select'} />
        ))}
        <IconButton
          label={t.tools.fit}
          keys={keysText('view.fit')}
          side="right"
          className={styles.tool}
          tabIndex={-1}
          onClick={() => desk.canvas.fit()}
        >
          <Maximize size={19} />
        </IconButton>
        <IconButton
          label={t.tools.rotate}
          keys={keysText('view.rotate-right')}
          side="right"
          className={styles.tool}
          tabIndex={-1}
          onClick={() => desk.canvas.rotate(1)}
        >
          <RotateCw size={19} />
        </IconButton>
        {canChange && (
          <>
            <hr className={styles.line} />
            {DRAWING.map((each) => (
              <RailButton key={each.tool} {...each} />
            ))}
            <hr className={styles.line} />
            {CHANGING.map((each) => (
              <RailButton key={each.tool} {...each} />
            ))}
          </>
        )}
      </div>
      {canChange && (
        <Hint text={t.tools.nextLabel(desk.labels.name(label))} side="right">
          <button
            type="button"
            className={styles.dot}
            aria-label={t.tools.nextLabel(desk.labels.name(label))}
            onClick={() => desk.view.setState({ panel: 'labels' })}
          >
            <span style={{ background: desk.labels.color(label) }} />
          </button>
        </Hint>
      )}
    </nav>
  );
}

/** A second press on a tool that draws opens its options. */
function RailButton({ tool, icon: Icon, action, isTabStop }: RailTool & { isTabStop?: boolean }) {
  const desk = useDesk();
  const keysText = useKeysText();
  const isOpen = useView((view) => view.tool === tool);
  const isLast = useView((view) => view.lastTool === tool);
  const [options, setOptions] = useState(false);
  const hasOptions = DRAW_TOOLS.has(tool);
  const name = t.tools[tool];
  const keys = action ? keysText(action) : isLast ? keysText('tool.repeat') : undefined;
  return (
    <Popover.Root open={options && hasOptions} onOpenChange={(open) => !open && setOptions(false)}>
      <Popover.Anchor asChild>
        <span className={styles.slot}>
          <IconButton
            label={name}
            keys={keys}
            side="right"
            className={styles.tool}
            aria-pressed={isOpen}
            data-tool={tool}
            tabIndex={isTabStop ? 0 : -1}
            onClick={() => {
              if (isOpen && hasOptions) setOptions(!options);
              else {
                desk.canvas.open(tool);
                setOptions(hasOptions);
              }
            }}
          >
            <Icon size={19} />
          </IconButton>
          {hasOptions && <span className={styles.corner} aria-hidden />}
        </span>
      </Popover.Anchor>
      <Popover.Portal>
        <Popover.Content
          className={controls.popover}
          side="right"
          align="start"
          sideOffset={8}
          collisionPadding={8}
          aria-label={t.tools.options(name)}
          onOpenAutoFocus={(event) => event.preventDefault()}
          onCloseAutoFocus={(event) => event.preventDefault()}
        >
          <ToolOptionsForm tool={tool} onPick={() => setOptions(false)} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function walk(event: KeyboardEvent<HTMLDivElement>): void {
  const by = { ArrowDown: 1, ArrowUp: -1, Home: Number.NEGATIVE_INFINITY, End: Number.POSITIVE_INFINITY }[event.key];
  if (by === undefined || !(event.target instanceof HTMLElement)) return;
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>('button')];
  const at = buttons.indexOf(event.target);
  const to = Math.max(0, Math.min(buttons.length - 1, at + by));
  event.preventDefault();
  buttons[to]?.focus();
}
