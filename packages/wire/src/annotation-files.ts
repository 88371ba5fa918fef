import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ImportAbilities } from './imports.ts';

const FileFormat = Type.Object(
  {
    name: Type.String(),
    ext: Type.String({ description: 'Endings of file names, separated by commas.' }),
    version: Type.String(),
    enabled: Type.Boolean(),
    dimension: Type.String(),
  },
  { title: 'FileFormat', description: 'A format of annotation files.' },
);
export const FileFormats = Type.Object(
  { importers: Type.Array(FileFormat), exporters: Type.Array(FileFormat), ...ImportAbilities.properties },
  { title: 'FileFormats', description: 'Formats that the server reads and writes.' },
);
export type FileFormats = Static<typeof FileFormats>;
