// @ts-check
'use strict';

module.exports = async function stopServerOfRun() {
  const { stopServerOfRun: stop } = /** @type {{ stopServerOfRun?: () => Promise<void> }} */ (globalThis);
  await stop?.();
};
