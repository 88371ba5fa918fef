import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { asc } from 'drizzle-orm';
import type { Db } from './open.ts';
import { installation, taskMedia } from './schema/index.ts';

/** In the media folder; holds the id of the data that it belongs to. */
const MARK = '.data-id';
const LOOKED_AT = 5;

/** A media folder of other data than the database has. */
export class WrongMedia extends Error {
  readonly code = 'wrong-media';
  constructor(folder: string, what: string) {
    super(
      `${folder} ${what}. Give --data the folder that was used with this database before, or put its media folder there.`,
    );
    this.name = 'WrongMedia';
  }
}

/**
 * Checks that a media folder belongs to the database, and marks one that has no mark yet. Without, another --data than
 * before is noticed only when frames fail.
 * @throws WrongMedia
 */
export async function checkMediaFolder(db: Db, folder: string): Promise<void> {
  const [row] = await db.select().from(installation);
  if (!row) return;
  const mark = await readFile(path.join(folder, MARK), 'utf8').catch(() => undefined);
  if (mark !== undefined) {
    if (mark.trim() !== row.dataId) throw new WrongMedia(folder, 'is the media folder of another database');
    return;
  }
  const media = await db
    .select({ key: taskMedia.storageKey })
    .from(taskMedia)
    .orderBy(asc(taskMedia.taskId))
    .limit(LOOKED_AT);
  const there = await Promise.all(media.map(({ key }) => exists(path.join(folder, ...key.split('/')))));
  if (media.length > 0 && !there.includes(true))
    throw new WrongMedia(folder, 'holds none of the media that the database names');
  await markMediaFolder(db, folder);
}

/** Says that a media folder, empty perhaps, belongs to the database. */
export async function markMediaFolder(db: Db, folder: string): Promise<void> {
  const [row] = await db.select().from(installation);
  if (!row) return;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(path.join(folder, MARK), `${row.dataId}\n`, { mode: 0o600 });
}

async function exists(place: string): Promise<boolean> {
  return access(place).then(
    () => true,
    () => false,
  );
}
