import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { sql } from 'drizzle-orm';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { markMediaFolder } from '../database/data-id.ts';
import { lockFolder } from '../database/lock.ts';
import { checkSteps, migrate } from '../database/migrate.ts';
import { type Db, openDatabase } from '../database/open.ts';
import type { Place } from '../database/with-data.ts';
import { openFolderStore } from '../store/folder-store.ts';
import type { MediaStore } from '../store/store.ts';
import {
  BACKUP_FORMAT,
  BadBackup,
  isManifest,
  isTotals,
  MANIFEST_FILE,
  type Manifest,
  MEDIA_PREFIX,
  NotEmpty,
  rowsFile,
  TOTALS_FILE,
  type Totals,
} from './manifest.ts';
import { advanceSequences, writeRows } from './tables.ts';

/**
 * Puts a backup in an empty place, of either engine, and brings it to the present schema. All or nothing: what fails
 * leaves the place empty.
 * @throws BadBackup, NotEmpty, DataTooNew, DataUnknown, FolderInUse
 */
export async function restore(file: string, place: Place, options: { readonly media: boolean }): Promise<Totals> {
  const archive = await openArchive(file);
  try {
    const manifest = await readManifest(archive, file);
    const totals = await readTotals(archive, file);
    const unlock = place.databaseUrl ? undefined : await lockFolder(place.folder);
    try {
      const mediaFolder = path.join(place.folder, 'media');
      const databaseFolder = path.join(place.folder, 'database');
      const isEmpty = async (folder: string) => (await readdir(folder).catch(() => [])).length === 0;
      if (!place.databaseUrl && !(await isEmpty(databaseFolder))) throw new NotEmpty(databaseFolder);
      const withMedia = options.media && manifest.media;
      if (withMedia && !(await isEmpty(path.join(mediaFolder, 'tasks')))) throw new NotEmpty(mediaFolder);
      try {
        if (withMedia) await writeMedia(archive, await openFolderStore(mediaFolder), file, totals);
        await writeDatabase(archive, place, manifest, totals, file);
      } catch (error) {
        if (withMedia) await rm(path.join(mediaFolder, 'tasks'), { recursive: true, force: true });
        if (!place.databaseUrl && !(error instanceof NotEmpty))
          await rm(databaseFolder, { recursive: true, force: true });
        throw error;
      }
      return withMedia ? totals : { ...totals, files: 0, bytes: 0 };
    } finally {
      await unlock?.();
    }
  } finally {
    archive.zip.close();
  }
}

type Archive = { readonly zip: ZipFile; readonly entries: ReadonlyMap<string, Entry> };

async function openArchive(file: string): Promise<Archive> {
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    yauzl.open(file, { lazyEntries: true, autoClose: false, strictFileNames: true }, (error, opened) => {
      if (!error) return resolve(opened);
      const isMissing = (error as NodeJS.ErrnoException).code !== undefined;
      reject(
        new BadBackup(
          file,
          isMissing ? error.message : `it is not a backup of Roto, or not complete (${error.message})`,
        ),
      );
    });
  });
  const entries = new Map<string, Entry>();
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      entries.set(entry.fileName, entry);
      zip.readEntry();
    });
    zip.on('end', resolve);
    zip.on('error', (error) => reject(new BadBackup(file, `its list of files is damaged (${error.message})`)));
    zip.readEntry();
  });
  return { zip, entries };
}

function read({ zip, entries }: Archive, name: string, file: string): Promise<Readable> {
  const entry = entries.get(name);
  if (!entry) return Promise.reject(new BadBackup(file, `it has no ${name}`));
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error) return reject(new BadBackup(file, `${name} in it is damaged (${error.message})`));
      resolve(stream);
    });
  });
}

async function readManifest(archive: Archive, file: string): Promise<Manifest> {
  const manifest = await readJson(archive, MANIFEST_FILE, file);
  if (!isManifest(manifest))
    throw new BadBackup(file, `${MANIFEST_FILE} in it does not say what a backup of Roto says`);
  checkSteps(manifest.migrations, `The backup ${file}`, manifest.roto_version);
  if (manifest.format > BACKUP_FORMAT)
    throw new BadBackup(
      file,
      `Roto ${manifest.roto_version} made it in a newer form; restore it with that release or a later one`,
    );
  return manifest;
}

async function readTotals(archive: Archive, file: string): Promise<Totals> {
  const totals = await readJson(archive, TOTALS_FILE, file);
  if (!isTotals(totals)) throw new BadBackup(file, `${TOTALS_FILE} in it does not say what a backup of Roto says`);
  return totals;
}

async function readJson(archive: Archive, name: string, file: string): Promise<unknown> {
  try {
    return JSON.parse(await text(await read(archive, name, file)));
  } catch (error) {
    if (error instanceof BadBackup) throw error;
    throw new BadBackup(file, `${name} in it is damaged`);
  }
}

/** Rows that are written at once: so many, or so many characters. */
const MAX_ROWS = 500;
const MAX_CHARACTERS = 4 * 1024 * 1024;

async function writeDatabase(archive: Archive, place: Place, manifest: Manifest, totals: Totals, file: string) {
  const options = place.databaseUrl ? { url: place.databaseUrl } : { folder: path.join(place.folder, 'database') };
  const database = await openDatabase(options, async (db, what) => {
    const there = (await db.execute(
      sql`select count(*)::int as tables from information_schema.tables where table_schema in ('public', 'drizzle')`,
    )) as { readonly rows: readonly { tables?: unknown }[] };
    if (there.rows[0]?.tables !== 0) throw new NotEmpty(what);
    await db.transaction(async (transaction) => {
      const tx = transaction as unknown as Db;
      await migrate(tx, what, manifest.migrations.length);
      for (const table of manifest.tables) {
        const count = await writeTable(tx, table, await read(archive, rowsFile(table.name), file));
        if (count !== totals.rows[table.name])
          throw new BadBackup(file, `of table ${table.name} it has ${count} rows, and had ${totals.rows[table.name]}`);
      }
      await advanceSequences(tx);
    });
    await migrate(db, what);
    await markMediaFolder(db, path.join(place.folder, 'media'));
  });
  await database.close();
}

async function writeTable(tx: Db, table: Manifest['tables'][number], rows: Readable): Promise<number> {
  let count = 0;
  let lines: string[] = [];
  let length = 0;
  const flush = async (): Promise<void> => {
    if (lines.length > 0) await writeRows(tx, table, lines);
    lines = [];
    length = 0;
  };
  for await (const line of linesOf(rows)) {
    count++;
    lines.push(line);
    length += line.length;
    if (lines.length >= MAX_ROWS || length >= MAX_CHARACTERS) await flush();
  }
  await flush();
  return count;
}

/** Not by `node:readline`, which also ends a line at U+2028, as it may stand in JSON. */
async function* linesOf(rows: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of rows.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function writeMedia(archive: Archive, store: MediaStore, file: string, totals: Totals): Promise<void> {
  let files = 0;
  let bytes = 0;
  for (const name of archive.entries.keys()) {
    if (!name.startsWith(MEDIA_PREFIX)) continue;
    files++;
    bytes += (await store.write(name.slice(MEDIA_PREFIX.length), await read(archive, name, file))).bytes;
  }
  if (files !== totals.files || bytes !== totals.bytes)
    throw new BadBackup(
      file,
      `it has ${files} media files of ${bytes} bytes, and had ${totals.files} of ${totals.bytes}`,
    );
}
