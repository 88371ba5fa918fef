/**
 * What can go wrong between a model's name and its files.
 *   hub-model         no such model: not built in, no folder, no file, no well-formed Hugging Face id
 *   hub-revision      a revision of a model that has none: the built-in one, a folder, a file
 *   hub-offline       the file is not in the cache and the network is switched off
 *   hub-unreachable   no connection, a timeout, or a server that keeps failing
 *   hub-not-found     the server knows no such repository, revision or file
 *   hub-denied        the token is missing, wrong, or has not been granted this repository
 *   hub-protocol      the answer is not that of a Hugging Face server (a login page, a proxy, a broken mirror)
 *   hub-checksum      the bytes that arrived are not those that the server announced
 *   hub-disk          the cache cannot be written: full, read-only or not ours
 */
export type HubErrorCode =
  | 'hub-model'
  | 'hub-revision'
  | 'hub-offline'
  | 'hub-unreachable'
  | 'hub-not-found'
  | 'hub-denied'
  | 'hub-protocol'
  | 'hub-checksum'
  | 'hub-disk';

/** The message says what was asked for, what happened and what to do. No message holds a token or a signed address. */
export class HubError extends Error {
  readonly code: HubErrorCode;

  constructor(code: HubErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HubError';
    this.code = code;
  }
}
