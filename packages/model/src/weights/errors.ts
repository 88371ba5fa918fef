/**
 * A weight file that cannot be read. The message says which file, what is wrong with it and what to do.
 *   weight-file       no regular file, unreadable, or changed while it was being read
 *   weight-format     not the format that its name or folder promises, or damaged
 *   weight-pickle     a checkpoint that asks for more than tensors (nothing of it was executed)
 *   weight-mismatch   tensors missing, unexpected or of other shapes than the model needs
 *   weight-config     config.json is missing, no JSON, or describes a model that this build cannot run
 */
export type WeightErrorCode = 'weight-file' | 'weight-format' | 'weight-pickle' | 'weight-mismatch' | 'weight-config';

export class WeightFileError extends Error {
  readonly code: WeightErrorCode;
  readonly path: string;

  constructor(code: WeightErrorCode, path: string, reason: string, options?: ErrorOptions) {
    super(`${path}: ${reason}`, options);
    this.name = 'WeightFileError';
    this.code = code;
    this.path = path;
  }
}
