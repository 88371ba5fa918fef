import { Readable } from 'node:stream';
import type { LabeledData } from '@roto/annotations';
import type { FastifyReply } from 'fastify';
import { MEDIA_TYPE } from '../http/accept.ts';
import { type AnnotationText, labeledDataText, type Piece } from './read.ts';

/** Sends annotations piece by piece: a job may have more text than one string should hold. */
export function sendText(reply: FastifyReply, text: AnnotationText, more?: string) {
  return reply.type(MEDIA_TYPE).send(Readable.from(inChunks(labeledDataText([text], more)), { objectMode: false }));
}

/** Sends back annotations as they were given, such as those that were removed. */
export function sendGiven(reply: FastifyReply, data: LabeledData) {
  return reply.type(MEDIA_TYPE).send(JSON.stringify(data));
}

/** Small pieces are sent together: what is sent by itself costs a call of the system. */
function* inChunks(pieces: Iterable<Piece>): Generator<Buffer> {
  let small = '';
  for (const piece of pieces) {
    if (typeof piece === 'string' && small.length + piece.length < 65_536) {
      small += piece;
      continue;
    }
    if (small !== '') yield Buffer.from(small);
    small = '';
    yield typeof piece === 'string' ? Buffer.from(piece) : piece;
  }
  if (small !== '') yield Buffer.from(small);
}
