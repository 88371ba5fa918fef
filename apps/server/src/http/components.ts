type Json = { [member: string]: unknown };
type OpenApi = { paths?: object; components?: { schemas?: object } };

/**
 * Gives every schema with a `title` its place under `components.schemas` by that name, and puts a reference where it was,
 * so that readers and generators of clients see one `Task` and not twenty alike.
 * @throws Error when two different schemas have one title
 */
export function nameComponents<T extends OpenApi>(document: T): T {
  const named = new Map<string, { readonly schema: Json; readonly text: string }>();

  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    const json = value as Json;
    const { title, ...rest } = json;
    if (typeof title !== 'string' || !isSchema(json)) return members(json);
    const schema = members(rest);
    const text = JSON.stringify(schema);
    const known = named.get(title);
    if (known && known.text !== text) throw new Error(`Two schemas of the interface have the title ${title}.`);
    named.set(title, { schema, text });
    return { $ref: `#/components/schemas/${title}` };
  };
  const members = (json: Json): Json =>
    Object.fromEntries(Object.entries(json).map(([name, value]) => [name, visit(value)]));

  const paths = visit(document.paths ?? {}) as T['paths'];
  const schemas = [...named].sort(([a], [b]) => a.localeCompare(b)).map(([title, { schema }]) => [title, schema]);
  return { ...document, paths, components: { ...document.components, schemas: Object.fromEntries(schemas) } };
}

/** A member of a schema may be called `title` too; a schema says what it is. */
function isSchema(json: Json): boolean {
  return typeof json.type === 'string' || Array.isArray(json.anyOf) || Array.isArray(json.enum);
}
