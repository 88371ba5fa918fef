/**
 * Every way in which opening, reading or writing media can fail.
 * Applications map a code to an exit status, an HTTP status or a sentence; the message already says what to do.
 */
export const MEDIA_ERROR_CODES = [
  'not-found', // no file or folder of that name
  'unreadable', // it exists, and the system refuses to give its bytes
  'not-a-file', // a pipe, a device, a socket
  'url', // an address instead of a path
  'playlist', // a text that names other files: m3u8, concat script, DASH, SDP
  'unsupported-container', // media, in a wrapping that is not read here
  'unsupported-codec', // a known container with another codec inside
  'not-media', // neither a video nor an image
  'damaged', // the file starts well and cannot be understood further on
  'no-video', // sound or subtitles only
  'no-frames', // a video track from which no picture comes
  'encrypted',
  'external-data', // the pictures lie in another file that this one points to
  'too-large', // more pixels, frames or bytes than the limits allow
  'empty-folder', // a folder or a list without images
  'mixed-list', // a list that is not images only
  'size-mismatch', // images of different sizes
  'frame-range', // there is no frame of that index
  'frame-undecodable', // the frame is listed, and the decoder gives no picture for it
  'changed', // the file was rewritten while it was open
  'closed', // read after close
  'bad-argument', // an option or a frame that makes no sense
  'write-failed', // the video could not be written
] as const;

export type MediaErrorCode = (typeof MEDIA_ERROR_CODES)[number];

/** A failure with its place, its cause and its remedy: `<file>: <reason>. <remedy>.` */
export class MediaError extends Error {
  readonly code: MediaErrorCode;
  /** The path (or folder) as the caller gave it. */
  readonly file: string;
  readonly reason: string;
  readonly remedy: string;

  constructor(code: MediaErrorCode, file: string, reason: string, remedy: string, options?: ErrorOptions) {
    super(`${file}: ${reason}. ${remedy}.`, options);
    this.name = 'MediaError';
    this.code = code;
    this.file = file;
    this.reason = reason;
    this.remedy = remedy;
  }
}
