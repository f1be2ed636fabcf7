// mongodb-memory-server's declarations import semver's, which it does not bring along.
declare module 'semver' {
  export type SemVer = object;
}
