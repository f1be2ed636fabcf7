/** Change tracking as one writes it without thinking of cost: a deep copy at load, a deep comparison when asked. */
import { dequal } from 'dequal';

const copies = new WeakMap();
const copyOf = (doc) => doc.toObject({ depopulate: true, flattenMaps: true });

export function snapshot(schema) {
  schema.post('init', (doc) => copies.set(doc, copyOf(doc)));
  schema.post('save', (doc) => copies.set(doc, copyOf(doc)));
  schema.methods.differs = function differs() {
    return !dequal(copies.get(this), copyOf(this));
  };
}
