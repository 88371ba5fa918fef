// What a person has set: stored at once, and there again at the next visit.
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { KeyChanges } from '../keys/index.ts';
import { readKeyChanges } from '../keys/index.ts';

export interface Appearance {
  readonly colorBy: 'label' | 'instance' | 'group';
  /** Of the fill, 0 to 1. */
  readonly opacity: number;
  readonly selectedOpacity: number;
  readonly outlined: boolean;
  readonly outlineColor: string;
  readonly masksAsOutline: boolean;
  /** Objects as flat colours without the picture. */
  readonly bitmap: boolean;
  readonly crosshair: boolean;
  readonly text: 'active' | 'always' | 'never';
  readonly textSize: number;
  readonly pointRadius: number;
  readonly smooth: boolean;
  /** Percent, 100 is as it is. */
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

export interface Settings {
  readonly theme: 'system' | 'light' | 'dark';
  readonly density: 'normal' | 'compact';
  readonly appearance: Appearance;
  readonly appearanceOpen: boolean;
  /** Frames of a large step. */
  readonly step: number;
  readonly speed: number;
  readonly everyFrame: boolean;
  readonly search: 'regular' | 'filtered' | 'empty' | 'suspicious';
  readonly resetZoom: boolean;
  readonly skipDeleted: boolean;
  readonly stayInTool: boolean;
  readonly autosave: boolean;
  readonly sidebarWidth: number;
  readonly sidebarOpen: boolean;
  readonly timelineHeight: number;
  readonly sort: 'id' | 'label' | 'changed' | 'z';
  readonly wholeJob: boolean;
  readonly follow: boolean;
  readonly keys: KeyChanges;
  /** Label drawn next, by task. */
  readonly labels: Readonly<Record<string, number>>;
  /** Last distance from start to target of a run, in frames; negative is backward. */
  readonly runDistance: number | undefined;
  readonly convertToTracks: boolean;
  /** Last action by type of object. */
  readonly actions: Readonly<Record<string, string>>;
}

export const DEFAULTS: Settings = {
  theme: 'system',
  density: 'normal',
  appearance: {
    colorBy: 'label',
    opacity: 0.3,
    selectedOpacity: 0.45,
    outlined: false,
    outlineColor: '#000000',
    masksAsOutline: false,
    bitmap: false,
    crosshair: false,
    text: 'active',
    textSize: 13,
    pointRadius: 4,
    smooth: false,
    brightness: 100,
    contrast: 100,
    saturation: 100,
  },
  appearanceOpen: false,
  step: 10,
  speed: 1,
  everyFrame: false,
  search: 'regular',
  resetZoom: false,
  skipDeleted: true,
  stayInTool: false,
  autosave: true,
  sidebarWidth: 320,
  sidebarOpen: true,
  timelineHeight: 132,
  sort: 'id',
  wholeJob: false,
  follow: false,
  keys: {},
  labels: {},
  runDistance: undefined,
  convertToTracks: true,
  actions: {},
};

/** The part of Web Storage that is needed; a Map does in tests. */
export interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export type SettingsStore = StoreApi<Settings>;

const KEY = 'roto-settings';
/** Read by theme.js before the first paint. */
const THEME_KEY = 'roto-theme';

export function createSettings(storage: Storage | undefined): SettingsStore {
  const store = createStore<Settings>(() => readSettings(storage));
  store.subscribe((settings) => {
    try {
      storage?.setItem(KEY, JSON.stringify(settings));
      storage?.setItem(THEME_KEY, settings.theme);
    } catch {
      // Storage is full or blocked: the settings hold until the page is left.
    }
  });
  return store;
}

function readSettings(storage: Storage | undefined): Settings {
  try {
    const stored: unknown = JSON.parse(storage?.getItem(KEY) ?? '{}');
    return withStored(stored);
  } catch {
    return DEFAULTS;
  }
}

/** Stored values over the defaults; what has another type than its default is left out. */
export function withStored(stored: unknown): Settings {
  if (typeof stored !== 'object' || stored === null) return DEFAULTS;
  const given = stored as Partial<Record<keyof Settings, unknown>>;
  return {
    ...overlay(DEFAULTS, given),
    appearance: overlay(DEFAULTS.appearance, given.appearance),
    keys: readKeyChanges(given.keys),
  };
}

function overlay<T extends object>(defaults: T, given: unknown): T {
  if (typeof given !== 'object' || given === null) return defaults;
  const merged = { ...defaults };
  for (const key of Object.keys(defaults) as (keyof T & string)[]) {
    const value = (given as Record<string, unknown>)[key];
    const fits = defaults[key] === undefined ? typeof value === 'number' : typeof value === typeof defaults[key];
    if (fits && value !== null) merged[key] = value as T[typeof key];
  }
  return merged;
}
