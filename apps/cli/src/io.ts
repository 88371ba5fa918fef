/** Where text goes: a stream of the process, or a test's. */
export type Sink = { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };

/** All that a command may touch of its process; `main.ts` takes it from there, tests make their own. */
export type Io = {
  /** Results, and nothing else. */
  readonly stdout: Sink;
  /** Talk: progress, warnings, errors. */
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks a person without showing what is typed; undefined where there is no terminal. */
  readonly askHidden?: ((question: string) => Promise<string>) | undefined;
  /** Aborted with `Interrupted` by Ctrl+C or SIGTERM. */
  readonly signal: AbortSignal;
};
