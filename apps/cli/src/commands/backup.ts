import type { Command } from 'commander';
import type { Io } from '../io.ts';

export type BackupFlags = {
  readonly data?: string;
  readonly databaseUrl?: string;
  readonly media: boolean;
  readonly overwrite?: boolean;
};

export function addBackup(program: Command, io: Io): void {
  const place = (command: Command): Command =>
    command
      .option('--data <folder>', 'folder of the server (default: ROTO_DATA, else your data folder)')
      .option(
        '--database-url <url>',
        'its PostgreSQL (default: DATABASE_URL), else the embedded database in the folder',
      );
  place(
    program
      .command('backup')
      .summary('write all that a server keeps to one file')
      .description(
        'Write the tables of a server, and its media, to one file. On PostgreSQL the server may run meanwhile; on the ' +
          'embedded database stop it first.',
      )
      .argument('<file>', 'the file to make, such as roto-2026-01-31.zip'),
  )
    .option('--no-media', 'without videos and images: only the tables')
    .option('--overwrite', 'replace the file if it is there')
    .action(async (file: string, flags: BackupFlags) =>
      (await import('../serve/backup.ts')).makeBackup(file, flags, io),
    );
  place(
    program
      .command('restore')
      .summary('put a backup in an empty folder or database')
      .description(
        'Put a backup in an empty place, of either engine, also one of an older release. What fails leaves the place empty.',
      )
      .argument('<file>', 'what roto backup made'),
  )
    .option('--no-media', 'only the tables')
    .action(async (file: string, flags: BackupFlags) =>
      (await import('../serve/backup.ts')).restoreBackup(file, flags, io),
    );
}
