/** What can go wrong in the tracker, apart from an abort. The list is the whole list; docs and exit codes build on it. */
export type TrackerErrorCode =
  /** A prompt that cannot be used: wrong mask size, empty box, point outside the picture, no points. */
  | 'bad-prompt'
  /** A frame index outside the video, or a span that runs against its direction. */
  | 'bad-frame'
  /** An option with an impossible value. */
  | 'bad-option'
  /** An object id that the session does not know. */
  | 'unknown-object'
  /** A pass was asked for, but no object has a prompt. */
  | 'no-prompt'
  /** A change that must wait until the open pass ends. */
  | 'pass-open'
  /** A frame whose size is not the size of the video. */
  | 'bad-picture'
  /** Bytes that are not a bank or a snapshot, or not of this model or this video. */
  | 'bad-bytes';

export class TrackerError extends Error {
  readonly code: TrackerErrorCode;
  constructor(code: TrackerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TrackerError';
    this.code = code;
  }
}
