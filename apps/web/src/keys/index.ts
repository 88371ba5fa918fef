export { ACTION_IDS, ACTIONS, type ActionId, type Area, actionDefault } from './actions.ts';
export { type Caps, readCaps, showKeys } from './caps.ts';
export { CHORD_MS, type Handler, type Handlers, KeyEngine, type Press } from './engine.ts';
export { type KeyChanges, Keymap, readKeyChanges } from './keymap.ts';
export { listenForKeys } from './listen.ts';
export { conflictOf } from './scopes.ts';
export { type Keys, keyName, strokeOf } from './stroke.ts';
