import { intersectMasks, isEmptyMask, type Mask, subtractMasks } from '@roto/geometry';
import type { SceneItem } from '../../canvas/scene.ts';
import { boxesMeet } from '../../canvas/scene.ts';
import { geometryOfMask, maskOfGeometry } from '../../masks/runs.ts';
import { maskOfTiles } from '../../masks/tiled-mask.ts';
import { boundsOf } from '../../outline/shape.ts';
import type { Change } from '../change.ts';
import type { Step, ToolContext } from '../tool.ts';
import { type BrushState, startBrush } from './state.ts';

/** The mask becomes an object, or the new form of the one that was edited. */
export function finishMask(state: BrushState, context: ToolContext, continues: boolean): Step<BrushState> {
  const isTouched = state.steps.past.length > 0;
  if (!isTouched) return { state, effects: [{ type: 'close' }] };
  const mask = maskOfTiles(state.steps.now);
  const geometry = geometryOfMask(mask);
  if (!geometry) return { state, effects: [{ type: 'say', message: { key: 'empty-mask' } }] };
  const below = context.options.brush.removeUnderlying ? underlying(mask, state, context) : NOTHING;
  if (below.emptied.length > 0 && !state.warned) {
    const names = below.emptied.map(({ name }) => name);
    return { state: { ...state, warned: true }, effects: [{ type: 'say', message: { key: 'masks-emptied', names } }] };
  }
  const own: Change = state.target ? { kind: 'reshape', uid: state.target, geometry } : { kind: 'create', geometry };
  const again = continues || context.options.stay;
  return {
    state: startBrush({ ...context, selected: [] }),
    commits: [{ step: state.target ? 'mask' : 'created', changes: [...below.changes, own] }],
    effects: continues ? [] : [{ type: 'close', again }],
  };
}

type Below = { readonly changes: readonly Change[]; readonly emptied: readonly SceneItem[] };
const NOTHING: Below = { changes: [], emptied: [] };

/** What it takes to have no other unlocked mask under this one. */
function underlying(mask: Mask, state: BrushState, context: ToolContext): Below {
  const geometry = geometryOfMask(mask)!;
  const box = boundsOf(geometry);
  const changes: Change[] = [];
  const emptied: SceneItem[] = [];
  for (const item of context.scene.items) {
    if (item.uid === state.target || item.locked || item.geometry.kind !== 'mask') continue;
    if (!boxesMeet(boundsOf(item.geometry), box)) continue;
    const other = maskOfGeometry(item.geometry, context.scene.size);
    if (isEmptyMask(intersectMasks(other, mask))) continue;
    const left = geometryOfMask(subtractMasks(other, mask));
    if (left) changes.push({ kind: 'reshape', uid: item.uid, geometry: left });
    else emptied.push(item);
  }
  if (emptied.length > 0) changes.push({ kind: 'remove', uids: emptied.map(({ uid }) => uid) });
  return { changes, emptied };
}
