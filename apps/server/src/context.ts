import type { ServerConfig } from './config.ts';
import type { Database, Db } from './database/open.ts';
import type { Events } from './events/events.ts';
import type { Log } from './log/log.ts';
import type { MediaStore } from './store/store.ts';

/** What every part of the server is given. */
export type Context = {
  readonly config: ServerConfig;
  readonly database: Database;
  readonly db: Db;
  readonly events: Events;
  readonly store: MediaStore;
  readonly log: Log;
};
