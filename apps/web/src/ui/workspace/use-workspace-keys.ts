// Binds the actions of the page, of the canvas and of objects to what they do. The tools' own keys are the canvas's.
import { useEffect } from 'react';
import { chosen, type Desk } from '../../commands/desk.ts';
import { findFrame } from '../../commands/find-frame.ts';
import { toggleAll, toggleKeyframe, toggleOccluded, toggleOutside, toggleOwn } from '../../commands/flags.ts';
import { toggleDeleted } from '../../commands/frames.ts';
import { redo, undo } from '../../commands/history.ts';
import { goHalfWay, goToEnd, goToKeyframe, goToTrackStart } from '../../commands/keyframes.ts';
import { moveToLayer, remove, setLabel, shiftLayer } from '../../commands/objects.ts';
import type { Uid } from '../../document/records.ts';
import type { ActionId, Handlers, Press } from '../../keys/index.ts';
import { listenForKeys } from '../../keys/index.ts';
import { t } from '../../texts/en.ts';
import { drawNext } from '../labels/draw-next.ts';
import { takeBackRun } from '../runs/run-actions.ts';
import { runObjectsText } from '../runs/run-words.ts';
import { moveRegion } from './regions.ts';
import type { WorkspaceDesk } from './workspace-desk.ts';

export function useWorkspaceKeys(desk: WorkspaceDesk): void {
  useEffect(() => {
    const off = [
      desk.keys.bind(pageHandlers(desk)),
      desk.keys.bind(objectHandlers(desk)),
      desk.keys.bind(canvasHandlers(desk)),
      listenForKeys(desk.keys, document),
    ];
    return () => {
      for (const each of off) each();
    };
  }, [desk]);
}

function pageHandlers(desk: WorkspaceDesk): Handlers {
  const { navigator, view, settings, playback } = desk;
  const step = (by: number) => (press: Press) => {
    playback.pause();
    navigator.step(by, press.repeat);
  };
  const find = (direction: 1 | -1) => (press: Press) => {
    const { search } = settings.getState();
    if (search === 'regular') return step(direction)(press);
    const found = findFrame(desk, search, direction);
    if (found !== undefined) desk.goTo(found);
    else desk.notify({ kind: 'info', text: t.player.nothingFound });
  };
  const open = (dialog: 'shortcuts' | 'settings') => () =>
    view.setState({ dialog: view.getState().dialog === dialog ? undefined : dialog });
  return {
    'app.shortcuts': open('shortcuts'),
    'app.settings': open('settings'),
    'app.next-region': () => moveRegion(1),
    'app.previous-region': () => moveRegion(-1),
    'job.save': () => void desk.save(),
    'job.undo': () => undoOrAsk(desk),
    'job.redo': () => redo(desk),
    'runs.toggle': () => view.setState({ runsOpen: !view.getState().runsOpen }),
    'frame.next': step(1),
    'frame.previous': step(-1),
    'frame.forward': (press) => step(settings.getState().step)(press),
    'frame.backward': (press) => step(-settings.getState().step)(press),
    'frame.next-found': find(1),
    'frame.previous-found': find(-1),
    'frame.first': () => desk.goTo(desk.first),
    'frame.last': () => desk.goTo(desk.last),
    'frame.delete': () => toggleDeleted(desk),
    'play.toggle': () => playback.toggle(),
    'view.rotate-right': () => desk.canvas.rotate(1),
    'view.rotate-left': () => desk.canvas.rotate(-1),
    'view.actual-size': () => desk.canvas.zoomTo(1),
    'view.fit': () => desk.canvas.fit(),
    'view.to-selection': () => desk.canvas.zoomToSelection(),
    'view.outline-masks': () =>
      settings.setState(({ appearance }) => ({
        appearance: { ...appearance, masksAsOutline: !appearance.masksAsOutline },
      })),
    'view.peek': () => {
      view.setState({ peeking: true });
      addEventListener('keyup', () => view.setState({ peeking: false }), { once: true });
    },
  };
}

/** After a run the newest thing is not a step of this page: undo asks which of the two is meant. */
function undoOrAsk(desk: WorkspaceDesk): void {
  const { endedRun } = desk.view.getState();
  const run = desk.session.state.getState().runs.find(({ id }) => id === endedRun?.id);
  desk.view.setState({ endedRun: undefined });
  const { done } = desk.store.state.history;
  if (!run || done.length !== endedRun?.steps) {
    undo(desk);
    return;
  }
  const last = done.at(-1);
  desk.notify({
    kind: 'info',
    text: t.runs.undoAsked(runObjectsText(desk, run)),
    actions: [
      { text: t.runs.undo, run: () => void takeBackRun(desk, run) },
      ...(last ? [{ text: t.topBar.undo(last.name), run: () => undo(desk) }] : []),
    ],
  });
}

/** About what is selected, or lies under the pointer; without either the press belongs to somebody else. */
function onObjects(desk: Desk, act: (uids: readonly Uid[], press: Press) => unknown) {
  return (press: Press) => {
    const uids = chosen(desk);
    if (uids.length === 0) return false;
    act(uids, press);
    return true;
  };
}

function objectHandlers(desk: WorkspaceDesk): Handlers {
  const { view, clipboard } = desk;
  const label = (at: number) => () => {
    const next = desk.labels.list[at];
    if (!next) return false;
    const { selection } = view.getState();
    if (selection.length > 0) setLabel(desk, selection, next.id);
    else drawNext(desk, next.id);
    return true;
  };
  const labels: Handlers = {};
  for (let at = 0; at < 10; at++) labels[`object.label-${at + 1}` as ActionId] = label(at);
  return {
    ...labels,
    'object.select-all': () =>
      view.setState({
        selection: desk.store
          .visible(view.getState().frame)
          .filter(({ record, outside }) => !record.hidden && !outside)
          .map(({ uid }) => uid),
      }),
    'object.lock': onObjects(desk, (uids) => toggleOwn(desk, uids, 'locked')),
    'object.lock-all': () => toggleAll(desk, 'locked'),
    'object.hide': onObjects(desk, (uids) => toggleOwn(desk, uids, 'hidden')),
    'object.hide-all': () => toggleAll(desk, 'hidden'),
    'object.occluded': onObjects(desk, (uids) => toggleOccluded(desk, uids)),
    'object.pinned': onObjects(desk, (uids) => toggleOwn(desk, uids, 'pinned')),
    'object.remove': onObjects(desk, (uids, press) => {
      if (!desk.canvas.send('delete')) remove(desk, uids, { evenLocked: press.shiftKey });
    }),
    'object.to-background': onObjects(desk, (uids) => moveToLayer(desk, uids, 'background')),
    'object.to-foreground': onObjects(desk, (uids) => moveToLayer(desk, uids, 'foreground')),
    'object.layer-back': onObjects(desk, (uids) => shiftLayer(desk, uids, -1)),
    'object.layer-forward': onObjects(desk, (uids) => shiftLayer(desk, uids, 1)),
    'object.copy': onObjects(desk, (uids) => clipboard.copy(desk, uids)),
    'object.paste': () => clipboard.paste(desk),
    'object.run-action': () => desk.menuHost.runAction(),
    'object.propagate': () => desk.menuHost.propagate(),
    'object.color': onObjects(desk, ([uid]) => uid && desk.menuHost.pickColor(uid)),
    'object.text': () =>
      desk.settings.setState(({ appearance }) => ({
        appearance: { ...appearance, text: appearance.text === 'always' ? 'active' : 'always' },
      })),
    'object.next-under-pointer': () => desk.canvas.send('next-under-pointer'),
    'track.keyframe': onObjects(desk, (uids) => toggleKeyframe(desk, uids)),
    'track.outside': onObjects(desk, (uids) => toggleOutside(desk, uids)),
    'track.next-keyframe': () => goToKeyframe(desk, 1, 'person'),
    'track.previous-keyframe': () => goToKeyframe(desk, -1, 'person'),
    'track.next-any-keyframe': () => goToKeyframe(desk, 1, 'all'),
    'track.previous-any-keyframe': () => goToKeyframe(desk, -1, 'all'),
    'track.first-frame': () => goToEnd(desk, 'first'),
    'track.last-frame': () => goToEnd(desk, 'last'),
    'track.half-way': () => goHalfWay(desk),
    'track.next-start': () => goToTrackStart(desk, 1),
    'track.previous-start': () => goToTrackStart(desk, -1),
  };
}

function canvasHandlers(desk: WorkspaceDesk): Handlers {
  const { canvas, view } = desk;
  const tool = (id: Parameters<typeof canvas.open>[0]) => () => {
    if (desk.readOnly() !== undefined) return;
    // The same key again finishes what the tool has collected.
    if (view.getState().tool === id) canvas.send('finish');
    else canvas.open(id);
  };
  const brush = (mode: 'brush' | 'eraser' | 'polygon-plus' | 'polygon-minus') => () => {
    if (desk.readOnly() !== undefined) return;
    view.setState(({ options }) => ({ options: { ...options, brush: { ...options.brush, mode } } }));
    if (view.getState().tool !== 'mask') canvas.open('mask');
  };
  const size = (factor: number) => () =>
    view.setState(({ options }) => {
      const now = options.brush.size;
      const next = Math.round(factor > 1 ? Math.max(now + 1, now * factor) : Math.min(now - 1, now * factor));
      return { options: { ...options, brush: { ...options.brush, size: Math.max(1, Math.min(500, next)) } } };
    });
  const toggled = (option: 'snapToPoint' | 'snapToContour') => () =>
    view.setState(({ options }) => ({ options: { ...options, [option]: !options[option] } }));
  const whileDrawing = (request: 'finish' | 'undo' | 'redo' | 'back') => () =>
    (view.getState().tool !== 'select' || view.getState().drawing) && canvas.send(request);
  return {
    'tool.cancel': () => {
      const { tool: open, selection } = view.getState();
      if (open !== 'select') {
        canvas.send('cancel');
        if (view.getState().tool !== 'select') canvas.open('select');
      } else if (!canvas.send('cancel') && selection.length > 0) view.setState({ selection: [] });
    },
    'tool.repeat': () => {
      if (desk.readOnly() === undefined) canvas.open(view.getState().lastTool);
    },
    'tool.block': () => {
      if (view.getState().tool !== 'sam-click') return false;
      canvas.toggleBlock();
      return true;
    },
    'tool.merge': tool('merge'),
    'tool.split': tool('split'),
    'tool.group': tool('group'),
    'tool.join': tool('join'),
    'tool.slice': tool('slice'),
    'draw.finish': whileDrawing('finish'),
    'draw.step-back': whileDrawing('back'),
    'draw.undo': () => canvas.send('undo'),
    'draw.redo': () => canvas.send('redo'),
    'draw.hide-mask': () => view.getState().tool === 'mask' && canvas.send('toggle-mask'),
    'brush.brush': brush('brush'),
    'brush.eraser': brush('eraser'),
    'brush.polygon-plus': brush('polygon-plus'),
    'brush.polygon-minus': brush('polygon-minus'),
    'draw.snap-point': toggled('snapToPoint'),
    'draw.snap-contour': toggled('snapToContour'),
    'object.box-handles': () => canvas.send('box-handles'),
    'object.mirror-horizontally': () => canvas.event({ type: 'mirror', axis: 'horizontal' }),
    'object.mirror-vertically': () => canvas.event({ type: 'mirror', axis: 'vertical' }),
    'brush.smaller': size(1 / 1.15),
    'brush.larger': size(1.15),
  };
}
