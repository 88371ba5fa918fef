/** Where in a file something stands: `annotations.xml, line 12`. A function, because it is asked for only when something is wrong. */
export type Place = () => string;

/**
 * Key under which a draft carries its place. A symbol: spreading a draft keeps it, checking and the normal form pass over
 * it, and no key of the wire can be taken for it.
 */
export const PLACE = Symbol('place');

export type Placed = { readonly [PLACE]?: Place };
