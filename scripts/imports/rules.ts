/** Package → the packages of ours that it may import: those to its left in ARCHITECTURE.md. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'packages/geometry': [],
  'packages/media': [],
  'packages/model': [],
  'packages/tracker': ['geometry', 'media', 'model'],
  'packages/annotations': ['geometry'],
  'packages/sample': ['geometry'],
  'packages/wire': ['annotations'],
  'packages/client': ['wire'],
  'packages/functions': ['geometry', 'media', 'model', 'tracker', 'annotations', 'wire'],
  'packages/agent': ['wire', 'client', 'functions'],
  'apps/function': ['geometry', 'media', 'model', 'tracker', 'functions', 'sample'],
  'apps/server': ['geometry', 'media', 'annotations', 'sample', 'wire'],
  'apps/web': ['geometry', 'annotations', 'wire', 'client'],
  'apps/cli': [
    'geometry',
    'media',
    'model',
    'tracker',
    'annotations',
    'sample',
    'wire',
    'client',
    'functions',
    'function',
    'agent',
    'server',
    'web',
  ],
};

export type Floor = { readonly root: string; readonly rooms: Readonly<Record<string, readonly string[]>> };

/**
 * Folder of the server → the folders that it may import. Files directly in `src` are rooms of their own: `config` and
 * `context` are the ground that all stand on, the others are the roof that nobody imports.
 */
export const SERVER: Floor = {
  root: 'apps/server/src',
  rooms: {
    config: [],
    disk: [],
    store: ['disk'],
    database: ['config', 'disk'],
    events: ['database'],
    log: ['database'],
    context: ['config', 'database', 'events', 'log', 'store'],
    backup: ['config', 'database', 'store'],
    http: ['config', 'context', 'database'],
    access: ['database', 'http'],
    auth: ['access', 'context', 'database', 'http', 'log'],
    page: ['http'],
    people: ['access', 'auth', 'context', 'database', 'http'],
    background: ['access', 'context', 'database', 'http'],
    tasks: ['access', 'background', 'context', 'database', 'events', 'http'],
    media: ['access', 'background', 'config', 'context', 'database', 'http', 'store', 'tasks'],
    annotations: ['access', 'background', 'context', 'database', 'events', 'http', 'media', 'tasks'],
    queue: ['config', 'context', 'database', 'events', 'http'],
    functions: ['access', 'annotations', 'context', 'database', 'events', 'http', 'queue', 'tasks'],
    runs: ['access', 'annotations', 'context', 'database', 'events', 'functions', 'http', 'queue', 'tasks'],
    feed: ['annotations', 'context', 'database', 'events', 'http', 'runs'],
    dispatch: ['context', 'database', 'events', 'functions', 'http', 'queue', 'runs'],
    lambda: [
      'access',
      'annotations',
      'config',
      'context',
      'database',
      'dispatch',
      'events',
      'functions',
      'http',
      'media',
      'queue',
      'tasks',
    ],
    status: ['access', 'auth', 'context', 'database', 'events', 'http'],
  },
};

/** Folders of the page that know no React, so that they run in tests without a page: they import neither these nor `ui/`. */
export const WITHOUT_REACT = {
  root: 'apps/web/src',
  folders: [
    'api',
    'canvas',
    'commands',
    'document',
    'frames',
    'keys',
    'masks',
    'outline',
    'reshape',
    'sync',
    'tools',
    'view',
    'workers',
  ],
  packages: ['react', 'react-dom', 'radix-ui', 'lucide-react', '@tanstack/react-query', '@tanstack/react-virtual'],
} as const;

/**
 * Programs and tests beside the packages: nothing imports them, and beside packages by name they may open the named
 * folders, to set up or to measure inner parts.
 */
export const ASIDE: Readonly<Record<string, readonly string[]>> = {
  'apps/server/chaos': ['apps/server/src', 'packages/model/src'],
  'apps/server/real-clients': ['apps/server/src'],
  bench: ['apps/server/src', 'apps/web/e2e', 'packages/media/src', 'packages/model/src'],
  parity: ['packages/model/src'],
  training: [],
  scripts: [],
};
