import { SaxesParser } from 'saxes';

/** What a drawing of a skeleton is made of: user interfaces put it into pages. */
const ELEMENTS = new Set(['svg', 'g', 'line', 'circle', 'ellipse', 'rect', 'polyline', 'polygon', 'text', 'tspan']);
const ATTRIBUTES =
  /^(?:xmlns|viewBox|width|height|id|class|x|y|x1|y1|x2|y2|dx|dy|r|rx|ry|cx|cy|points|transform|fill|fill-opacity|opacity|stroke|stroke-width|stroke-opacity|stroke-linecap|stroke-linejoin|stroke-dasharray|font-size|font-family|font-weight|text-anchor|dominant-baseline|alignment-baseline|data-[a-z0-9-]+)$/;
/** A value by which a page could be made to load or run something. */
const LOADS = /url\s*\(|javascript:|data:|expression\s*\(/i;
const XMLNS = 'http://www.w3.org/2000/svg';

/** Why a drawing is not taken; a sentence that goes on after "has a drawing (svg)". Undefined: it is sound. */
export function svgProblem(svg: string): string | undefined {
  let problem: string | undefined;
  const say = (what: string): void => {
    problem ??= what;
  };
  // Drawings come without an element around them.
  const parser = new SaxesParser({ fragment: true });
  parser.on('error', (error) => say(`that is no well-formed XML: ${error.message.replace(/^\d+:\d+: /, '')}`));
  parser.on('opentag', ({ name, attributes }) => {
    if (!ELEMENTS.has(name)) say(`with <${name}> in it; it may have ${[...ELEMENTS].join(', ')}`);
    for (const [key, given] of Object.entries(attributes)) {
      // Without namespaces, which are not asked for, values are plain text.
      const value = String(given);
      if (!ATTRIBUTES.test(key)) say(`with the attribute "${key}" of <${name}>, which could run or load something`);
      else if (key === 'xmlns' ? value !== XMLNS : LOADS.test(value))
        say(`with a value of "${key}" that could run or load something`);
    }
  });
  const refuse = (what: string) => (): void => say(`with ${what} in it`);
  parser.on('doctype', refuse('a document type'));
  parser.on('comment', refuse('a comment'));
  parser.on('cdata', refuse('a CDATA section'));
  parser.on('processinginstruction', refuse('a processing instruction'));
  try {
    parser.write(svg).close();
  } catch (error) {
    say(`that is no well-formed XML: ${error instanceof Error ? error.message : error}`);
  }
  return problem;
}
