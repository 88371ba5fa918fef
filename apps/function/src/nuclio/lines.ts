/**
 * Cuts a stream of bytes into lines. Pieces are kept as they come and joined once a line is complete, so the cost is
 * linear in the length of a line.
 */
export function lineSplitter(onLine: (line: Buffer) => void): (chunk: Buffer) => void {
  let pieces: Buffer[] = [];
  return (chunk) => {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      const last = chunk.subarray(from, at);
      const line = pieces.length > 0 ? Buffer.concat([...pieces, last]) : last;
      pieces = [];
      from = at + 1;
      if (line.length > 0) onLine(line);
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from));
  };
}
