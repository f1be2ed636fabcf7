import type { SchemaInternals } from './internals';

/** Does a schema have a path, through nested objects, subdocuments, arrays, Maps (`prices.$*.amount`) and into Mixed? */
export function schemaHasPath(schema: object, path: string): boolean {
  return has(schema as SchemaInternals, path.split('.'));
}

function has(schema: SchemaInternals, parts: readonly string[]): boolean {
  for (let n = 1; n <= parts.length; n++) {
    const path = parts.slice(0, n).join('.');
    const type = Object.hasOwn(schema.paths, path) ? schema.paths[path] : undefined;
    if (type !== undefined) {
      let rest = parts.slice(n);
      if (rest.length === 0 || type.instance === 'Mixed' || type.instance === 'Union') return true;
      if (type.$isSchemaMap === true) {
        const value = type.$__schemaType;
        rest = rest.slice(1);
        if (rest.length === 0 || value === undefined || value.instance === 'Mixed') return true;
        return value.schema !== undefined && has(value.schema, rest);
      }
      if (type.schema === undefined && type.$isMongooseArray === true) return rest.every((part) => /^\d+$/.test(part));
      const inner = type.$isMongooseArray === true ? rest.filter((part, i) => i > 0 || !/^\d+$/.test(part)) : rest;
      return type.schema !== undefined && (inner.length === 0 || has(type.schema, inner));
    }
    if (schema.nested[path] !== true) break;
    if (n === parts.length) return true;
  }
  return schema.options.strict === false;
}
