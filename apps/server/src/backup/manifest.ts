import { Type } from 'typebox';
import { Compile } from 'typebox/compile';

/** Version of the form of backups. */
export const BACKUP_FORMAT = 1;

/** First in the archive. */
export const Manifest = Type.Object({
  format: Type.Integer({ minimum: 1 }),
  roto_version: Type.String(),
  created: Type.String(),
  engine: Type.String(),
  /** Hashes of the steps by which the schema came to be, the oldest first. */
  migrations: Type.Array(Type.String()),
  tables: Type.Array(Type.Object({ name: Type.String(), columns: Type.Array(Type.String()) })),
  media: Type.Boolean(),
});
export type Manifest = Type.Static<typeof Manifest>;

/** Last in the archive: what must have been read when it is complete. */
export const Totals = Type.Object({
  rows: Type.Record(Type.String(), Type.Integer()),
  files: Type.Integer(),
  bytes: Type.Integer(),
});
export type Totals = Type.Static<typeof Totals>;

const manifestCheck = Compile(Manifest);
const totalsCheck = Compile(Totals);

export const isManifest = (value: unknown): value is Manifest => manifestCheck.Check(value);
export const isTotals = (value: unknown): value is Totals => totalsCheck.Check(value);

export const MANIFEST_FILE = 'manifest.json';
export const TOTALS_FILE = 'totals.json';
export const rowsFile = (table: string): string => `tables/${table}.jsonl`;
export const MEDIA_PREFIX = 'media/';

/** A file that is no backup, or not a whole one. */
export class BadBackup extends Error {
  readonly code = 'bad-backup';
  constructor(file: string, what: string) {
    super(`${file} cannot be restored: ${what}.`);
    this.name = 'BadBackup';
  }
}

/** Where something is kept already; a backup is restored to an empty place, so that nothing is lost by it. */
export class NotEmpty extends Error {
  readonly code = 'not-empty';
  constructor(what: string) {
    super(`${what} holds data already. Restore into an empty folder or database, so that nothing is overwritten.`);
    this.name = 'NotEmpty';
  }
}
