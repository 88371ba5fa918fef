import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Count, Frame, Instant, nullable } from './scalars.ts';

export const OriginalMedia = Type.Object(
  {
    kind: Type.Enum(['video', 'images']),
    bytes: Type.Optional(nullable(Count)),
    sha256: Type.Optional(nullable(Type.String({ pattern: '^[0-9a-f]{64}$' }))),
    start_frame: Count,
    step: Type.Integer({ minimum: 1 }),
    frame_rate: Type.Optional(nullable(Type.Number({ description: 'Frames per second of the file.' }))),
  },
  {
    title: 'OriginalMedia',
    description:
      'The file that the task was made of: for programs that decode it themselves instead of reading frames.',
  },
);
export type OriginalMedia = Static<typeof OriginalMedia>;

export const FrameMeta = Type.Object(
  {
    width: Type.Integer({ minimum: 1 }),
    height: Type.Integer({ minimum: 1 }),
    name: Type.String(),
    related_files: Type.Optional(Count),
    has_related_context: Type.Optional(Type.Boolean()),
  },
  { title: 'FrameMeta', description: 'Size and name of a frame.' },
);
export type FrameMeta = Static<typeof FrameMeta>;

export const CompactFrames = Type.Object(
  {
    count: Count,
    width: Type.Integer({ minimum: 1 }),
    height: Type.Integer({ minimum: 1 }),
    pattern: Type.Optional(
      Type.Object(
        { prefix: Type.String(), first: Count, digits: Count, suffix: Type.String() },
        { description: 'Frame i is called prefix, first + i with as many digits at least, suffix.' },
      ),
    ),
    names: Type.Optional(Type.Array(Type.String(), { description: 'Where they follow no pattern.' })),
  },
  {
    title: 'CompactFrames',
    description: 'Sizes and names of all frames; answered to `?compact=true`, with `frames` empty.',
  },
);
export type CompactFrames = Static<typeof CompactFrames>;

export const DataMeta = Type.Object(
  {
    chunks_updated_date: Instant,
    chunk_size: Count,
    size: Type.Integer({ minimum: 0, description: 'Frames.' }),
    image_quality: Count,
    start_frame: Type.Integer({ minimum: 0, description: 'First frame of the file.' }),
    stop_frame: Type.Integer({ minimum: 0, description: 'Last frame of the file, inclusive.' }),
    frame_filter: Type.String({ description: '`step=N`, or empty.' }),
    frames: Type.Array(FrameMeta, { description: 'One of each frame, or a single one for all frames of a video.' }),
    deleted_frames: Type.Array(Frame),
    included_frames: Type.Optional(nullable(Type.Array(Frame))),
    chapters: Type.Optional(Type.Null()),
    storage: Type.Optional(Type.String()),
    cloud_storage_id: Type.Optional(Type.Null()),
    roto: Type.Optional(
      Type.Object(
        {
          original: Type.Optional(OriginalMedia),
          frames: Type.Optional(CompactFrames),
          scene_cuts: Type.Optional(nullable(Type.Array(Frame))),
        },
        { description: 'What only this server answers.' },
      ),
    ),
  },
  { title: 'DataMeta', description: 'The media of a task, or of the part of it that is a job.' },
);
export type DataMeta = Static<typeof DataMeta>;

export const DataMetaChange = Type.Object(
  { deleted_frames: Type.Optional(Type.Array(Type.Integer(), { maxItems: 10_000_000 })) },
  { title: 'DataMetaChange', description: 'All frames that shall be deleted; the others are restored.' },
);
export type DataMetaChange = Static<typeof DataMetaChange>;

export const Quality = Type.Enum(['original', 'compressed']);
export type Quality = Static<typeof Quality>;

export const SORTING_METHODS = ['lexicographical', 'natural', 'predefined', 'random'] as const;
export const SortingMethod = Type.Enum(SORTING_METHODS);

/** How the files of a task become its frames; as JSON, or as the fields of a form. */
export const DataFields = Type.Object(
  {
    image_quality: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    chunk_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    start_frame: Type.Optional(Frame),
    stop_frame: Type.Optional(Frame),
    frame_filter: Type.Optional(Type.String({ description: '`step=N`: every Nth frame.' })),
    sorting_method: Type.Optional(SortingMethod),
    upload_file_order: Type.Optional(Type.Array(Type.String(), { description: 'For the method `predefined`.' })),
    use_zip_chunks: Type.Optional(Type.Boolean()),
    use_cache: Type.Optional(Type.Boolean()),
    copy_data: Type.Optional(Type.Boolean()),
  },
  { title: 'DataFields', description: 'How the files of a task become its frames.' },
);
export type DataFields = Static<typeof DataFields>;
