/** A refusal that the client is told of: `status` 4xx or 503/504, `body` as CVAT's clients read it (contract, section 1.4). */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(typeof body === 'string' ? body : JSON.stringify(body));
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** A body that says what is wrong with which field. */
export function badRequest(field: string, problem: string): HttpError {
  return new HttpError(400, { [field]: [problem] });
}

export function forbidden(detail: string): HttpError {
  return new HttpError(403, { detail });
}

export function notFound(detail: string): HttpError {
  return new HttpError(404, { detail });
}

export function conflict(detail: string, more: Record<string, unknown> = {}): HttpError {
  return new HttpError(409, { detail, ...more });
}
