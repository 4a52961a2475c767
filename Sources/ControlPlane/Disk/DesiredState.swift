/// What the user wants of a pipeline; it survives restarts of the daemon.
package enum DesiredState: String, Sendable, CaseIterable {
  case running
  case paused
  case stopped
}
