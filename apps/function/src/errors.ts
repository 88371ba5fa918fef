export type CallErrorCode =
  | 'bad-request'
  | 'busy'
  | 'moved-on'
  | 'other-function'
  | 'unusable-state'
  | 'state-gone'
  | 'too-large'
  | 'store-away'
  | 'not-ready'
  | 'deadline'
  | 'store-full'
  | 'not-found'
  | 'internal';

const STATUS: Record<CallErrorCode, number> = {
  'bad-request': 400,
  'not-found': 404,
  busy: 409,
  'moved-on': 409,
  'other-function': 409,
  'unusable-state': 409,
  'state-gone': 410,
  'too-large': 413,
  internal: 500,
  'store-away': 503,
  'not-ready': 503,
  deadline: 504,
  'store-full': 507,
};

/** A call that the function refuses or cannot answer. The message is for the caller. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly code: CallErrorCode;

  constructor(code: CallErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** HTTP status of the answer. */
  get status(): number {
    return STATUS[this.code];
  }
}
