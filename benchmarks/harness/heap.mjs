/** Bytes on the heap that are still reachable, with those of buffers. */
export function heapInUse() {
  // Twice: what only a finalizer held goes with the second.
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
