import { AnnotationError, type AnnotationErrorCode } from '@roto/annotations';
import { ApiError, ClientError } from '@roto/client';
import { AgentError, BadFunctionError, StoreError, WorkerCrashedError } from '@roto/functions';
import { GeometryError, type GeometryErrorCode } from '@roto/geometry';
import { MediaError, type MediaErrorCode } from '@roto/media';
import {
  ArchitectureError,
  DeviceError,
  HubError,
  ModelInputError,
  WeightFileError,
  WeightMissingError,
  WeightShapeError,
} from '@roto/model';
import { TrackerError, type TrackerErrorCode } from '@roto/tracker';

/** Why a run ended. docs/guide/exit-codes.md has the same table, and a test compares the two. */
export const EXIT = {
  ok: 0,
  /** A fault of ours. */
  internal: 1,
  /** The server refused, failed, or cannot be reached; a function that does not load; as cvat-cli ends. */
  server: 1,
  /** An argument or a prompt that makes no sense, alone or for this video. */
  usage: 2,
  /** A video, image, mask or prompts file that cannot be read as what it should be. */
  input: 3,
  /** A model that is not there, cannot be fetched, or is damaged. */
  model: 4,
  /** A device that this machine or this install does not offer. */
  device: 5,
  /** The output folder: taken, not ours, of another run, not writable, full. */
  output: 6,
  /** SIGINT or SIGTERM; what was done is kept. */
  interrupted: 130,
} as const;

export type ExitReason = keyof typeof EXIT;

/** An error of the command itself. Its message says what is wrong, where, and what to do. */
export class CliError extends Error {
  readonly reason: ExitReason;
  constructor(reason: ExitReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CliError';
    this.reason = reason;
  }
}

export const usageError = (message: string): CliError => new CliError('usage', message);
export const serverError = (message: string, cause?: unknown): CliError => new CliError('server', message, cause);
export const inputError = (message: string, cause?: unknown): CliError => new CliError('input', message, cause);
export const outputError = (message: string, cause?: unknown): CliError => new CliError('output', message, cause);

/** Ctrl+C, SIGTERM, or a reader of stdout that went away. `told`: what was kept has been said already. */
export class Interrupted extends Error {
  readonly told: boolean;
  constructor(signal: NodeJS.Signals = 'SIGINT', told = false) {
    super(`Interrupted (${signal}).`);
    this.name = 'Interrupted';
    this.told = told;
  }
}

const media: Partial<Record<MediaErrorCode, ExitReason>> = { 'bad-argument': 'usage', 'write-failed': 'output' };

const tracker: Partial<Record<TrackerErrorCode, ExitReason>> = {
  'bad-prompt': 'usage',
  'bad-frame': 'usage',
  'bad-option': 'usage',
  'no-prompt': 'usage',
  'bad-picture': 'input',
  'bad-bytes': 'output',
};

const annotations: Record<AnnotationErrorCode, ExitReason> = {
  'results-header': 'output',
  'results-line': 'output',
  'object-id': 'usage',
  'frame-size': 'internal',
  label: 'internal',
  file: 'input',
  'unknown-label': 'input',
  frame: 'input',
  'nothing-found': 'input',
  problems: 'input',
};

const geometry: Partial<Record<GeometryErrorCode, ExitReason>> = {
  polygon: 'usage',
  'mask-size': 'usage',
  'rle-size': 'usage',
  'rle-count': 'usage',
  'rle-sum': 'usage',
  'rle-text': 'usage',
};

/** The one table from what was thrown to why the run ended. */
export function exitReason(error: unknown): ExitReason {
  if (error instanceof CliError) return error.reason;
  if (error instanceof Interrupted) return 'interrupted';
  if (error instanceof ClientError) return error.code === 'file' ? 'input' : 'server';
  if (error instanceof StoreError) return error.code === 'store-address' ? 'usage' : 'server';
  if ([ApiError, AgentError, BadFunctionError, WorkerCrashedError].some((kind) => error instanceof kind))
    return 'server';
  if (error instanceof MediaError) return media[error.code] ?? 'input';
  if (error instanceof TrackerError) return tracker[error.code] ?? 'internal';
  if (error instanceof AnnotationError) return annotations[error.code];
  if (error instanceof GeometryError) return geometry[error.code] ?? 'internal';
  if (error instanceof DeviceError) return 'device';
  if (error instanceof HubError && error.code === 'hub-revision') return 'usage';
  if (
    error instanceof HubError ||
    error instanceof WeightFileError ||
    error instanceof WeightMissingError ||
    error instanceof WeightShapeError ||
    error instanceof ArchitectureError
  )
    return 'model';
  if (error instanceof ModelInputError) return 'internal';
  return 'internal';
}

/** The code of the error for machines: that of the package that threw it, or the reason. */
export function errorCode(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : exitReason(error);
}
