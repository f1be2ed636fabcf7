export async function loadMeasure(name) {
  return import(new URL(`../measures/${name}.mjs`, import.meta.url));
}
